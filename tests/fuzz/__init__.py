"""Hostile input at every door: refused with a sentence, stored as it was meant, never an error."""
