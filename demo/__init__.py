"""Two believable cities to try Opstap in: every family and every place in them is invented."""
