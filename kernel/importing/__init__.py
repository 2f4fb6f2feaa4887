"""Providers' places come in from any CSV file, by a mapping that a city can read and change."""
