"""The benchmark itself starts; what it measures is no test."""
