"""Tests of who may come where, and of what never leaks."""
