"""The list of booklets, as it is searched and leafed through."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.errors import Invalid
from kernel.unit_of_work import UnitOfWork
from vouchers.booklets import PAGE, read_booklets
from vouchers.errors import TooManyWrongCodes, UnknownBooklet

NOT_FOUND = (Invalid, UnknownBooklet, TooManyWrongCodes)


def list_page(uow: UnitOfWork) -> ResponseReturnValue:
    """Make the list anew: what is searched may have come in an address, or in a form."""
    search = request.values.get("zoek", "")[:40]
    unused = "ongebruikt" in request.values
    number = request.args.get("pagina", 1, type=int)
    rows, total = read_booklets(uow, search=search, unused=unused, page=number)
    return render_template(
        "booklets/index.html",
        rows=rows,
        total=total,
        search=search,
        unused=unused,
        number=number,
        size=PAGE,
        today=uow.today,
        everybodys=uow.actor.is_any(Role.REGIE),
    )
