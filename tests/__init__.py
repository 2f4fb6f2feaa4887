"""What Opstap promises, sentence by sentence, in the same tree as the code."""
