"""What turns a clone of Opstap into one that runs, with nothing but Python's own library."""
