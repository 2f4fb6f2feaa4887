"""Tests of what both programmes stand on."""
