"""The stock, as people see it: where blank booklets lie, how they get there, and whose they are."""

from web.stock import batches, booklets, holders, overview, own
from web.stock.room import desk

__all__ = ["batches", "booklets", "desk", "holders", "overview", "own"]
