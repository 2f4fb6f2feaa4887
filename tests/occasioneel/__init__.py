"""Bought places and the children on them, rule by rule."""
