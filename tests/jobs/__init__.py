"""Tests of the clock and its jobs."""
