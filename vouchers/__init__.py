"""Cheques: a family gets a booklet of ten, and any childcare provider in the city takes them."""
