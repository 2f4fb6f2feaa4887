"""A table as a file that a spreadsheet in Flanders opens as it was meant."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from flask import Response

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def csv_response(rows: Iterable[Sequence[object]], *, name: str) -> Response:
    """Give rows as a CSV to keep: semicolons, a byte order mark, and no cell that is a formula.

    Takes the file's name without its ending.
    """
    told = StringIO()
    writer = csv.writer(told, delimiter=";", lineterminator="\r\n")
    writer.writerows([_cell(value) for value in row] for row in rows)
    response = Response("\ufeff" + told.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _cell(value: object) -> str:
    """Give a cell's text; what a spreadsheet would compute gets an apostrophe in front."""
    text = str(value)
    guarded = isinstance(value, str) and text.startswith(_FORMULAS)
    return f"'{text}" if guarded else text
