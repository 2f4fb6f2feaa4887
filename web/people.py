"""Who works with Opstap: found, invited, given roles, or let go."""

from typing import Any
from uuid import UUID

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kernel.access import Role
from kernel.administering import (
    change_roles,
    disable_account,
    enable_account,
    rename_organisation,
)
from kernel.calendar import day_of
from kernel.invitation_letters import letter_state
from kernel.letting_in import (
    invite_again,
    invite_person,
    show_invitation,
    withdraw_invitation,
)
from kernel.newcomers import FITTING, Invitation, OrganisationNamed, RolesChosen
from kernel.organisations import OrganisationKind
from kernel.people_at_work import (
    PAGE,
    AccountState,
    kinds_of,
    open_tasks_of,
    organisations_by_kind,
    read_organisation,
    read_people,
    read_person,
)
from kernel.programmes import VOUCHERS
from kernel.second_factor import reset_second_factor
from kernel.unit_of_work import UnitOfWork
from vouchers.held import booklets_held
from web.i18n import N_
from web.page import form_of, page, typed

desk = Blueprint("people", __name__, url_prefix="/beheer/mensen")
desk.app_template_filter("day_of")(day_of)

_OFFICE = (Role.ADMINISTRATOR, Role.REGIE)
ROLES = {
    Role.REFERRER: N_("Toeleider"),
    Role.PROVIDER: N_("Opvang"),
    Role.REGIE: N_("Regie"),
    Role.FINANCE: N_("Financiën"),
    Role.EVALUATOR: N_("Evaluator"),
    Role.ADMINISTRATOR: N_("Beheer"),
}
STATES = {
    AccountState.ACTIVE: N_("actief"),
    AccountState.INVITED: N_("uitgenodigd"),
    AccountState.DISABLED: N_("uitgeschakeld"),
}
KINDS = {
    OrganisationKind.REFERRER: N_("Toeleiders"),
    OrganisationKind.PROVIDER: N_("Opvang"),
    OrganisationKind.CITY: N_("De stad"),
}


def _roles_for(uow: UnitOfWork) -> dict[Role, str]:
    given = frozenset[Role]().union(*(FITTING[kind] for kind in kinds_of(uow)))
    return {role: word for role, word in ROLES.items() if role in given}


def _list(uow: UnitOfWork) -> str:
    """Make the list; what was searched came in a form, so that no name stands in an address."""
    asked = request.form if request.method == "POST" else request.args
    role = next((role for role in ROLES if role == asked.get("rol")), None)
    state = next((state for state in STATES if state == asked.get("staat")), None)
    number = max(request.args.get("pagina", 1, type=int), 1)
    search = request.form.get("zoek", "")[:60]
    rows, total = read_people(uow, search=search, role=role, state=state, page=number)
    return render_template(
        "people/index.html",
        rows=rows,
        total=total,
        search=search,
        role=role,
        state=state,
        roles=_roles_for(uow),
        words=ROLES,
        states=STATES,
        number=number,
        size=PAGE,
        done=request.args.get("klaar", ""),
        today=uow.today,
    )


@desk.get("")
@page(*_OFFICE)
def index(uow: UnitOfWork) -> ResponseReturnValue:
    """List who works with Opstap, by name, fifty a page."""
    return _list(uow)


@desk.post("")
@page(*_OFFICE, writes=False)
def search(uow: UnitOfWork) -> ResponseReturnValue:
    """List those who are searched, by part of a name, an address or an organisation."""
    return _list(uow)


def _form(uow: UnitOfWork) -> ResponseReturnValue:
    known = getattr(g.get("refusal"), "about", {}).get("account_id")
    home = typed("organisation", request.args.get("bij", ""))
    return render_template(
        "people/invite.html",
        roles=_roles_for(uow),
        organisations=[(KINDS[kind], some) for kind, some in organisations_by_kind(uow) if some],
        known=known,
        home=home,
        role=request.args.get("rol", ""),
    )


@desk.get("/uitnodigen")
@page(*_OFFICE)
def new(uow: UnitOfWork) -> ResponseReturnValue:
    """Ask whom to invite, as what, and where they work."""
    return _form(uow)


@desk.post("/uitnodigen")
@page(*_OFFICE, again=_form)
def invite(uow: UnitOfWork) -> ResponseReturnValue:
    """Invite somebody by mail."""
    account = invite_person(uow, **form_of(Invitation))
    return _shown(account.id, "uitgenodigd")


def _person(uow: UnitOfWork, account_id: UUID, **more: Any) -> str:
    person = read_person(uow, account_id=account_id)
    invited = person.state == AccountState.INVITED
    return render_template(
        "people/show.html",
        person=person,
        organisation=read_organisation(uow, organisation_id=person.organisation_id),
        letter=letter_state(uow, account_id=account_id) if invited else None,
        tasks=open_tasks_of(uow, account_id=account_id),
        held=booklets_held(uow, account_id=account_id) if VOUCHERS in g.city.programmes else 0,
        fitting=[role for role in ROLES if role in FITTING[OrganisationKind(person.kind)]],
        words=ROLES,
        states=STATES,
        administers=uow.actor.is_any(Role.ADMINISTRATOR),
        oneself=uow.actor.account_id == account_id,
        done=request.args.get("klaar", ""),
        today=uow.today,
        **more,
    )


@desk.get("/<uuid:account_id>")
@page(*_OFFICE)
def show(uow: UnitOfWork, account_id: UUID) -> ResponseReturnValue:
    """Show one person, with everything that can be done for them."""
    return _person(uow, account_id)


@desk.post("/<uuid:account_id>/opnieuw")
@page(*_OFFICE, again=_person)
def again(uow: UnitOfWork, account_id: UUID) -> ResponseReturnValue:
    """Send a new link."""
    invite_again(uow, account_id=account_id)
    return _shown(account_id, "opnieuw")


@desk.post("/<uuid:account_id>/link")
@page(Role.ADMINISTRATOR, again=_person)
def link(uow: UnitOfWork, account_id: UUID) -> ResponseReturnValue:
    """Show the link, this once, for whoever cannot be reached by mail."""
    return _person(uow, account_id, link=show_invitation(uow, account_id=account_id))


@desk.post("/<uuid:account_id>/intrekken")
@page(*_OFFICE, again=_person)
def withdraw(uow: UnitOfWork, account_id: UUID) -> ResponseReturnValue:
    """Take back an invitation that was not used."""
    withdraw_invitation(uow, account_id=account_id)
    return redirect(url_for("people.index", klaar="ingetrokken"), 303)


@desk.post("/<uuid:account_id>/uitschakelen")
@page(Role.ADMINISTRATOR, again=_person)
def disable(uow: UnitOfWork, account_id: UUID) -> ResponseReturnValue:
    """Let somebody sign in no more."""
    disable_account(uow, account_id=account_id)
    return _shown(account_id, "uitgeschakeld")


@desk.post("/<uuid:account_id>/inschakelen")
@page(Role.ADMINISTRATOR, again=_person)
def enable(uow: UnitOfWork, account_id: UUID) -> ResponseReturnValue:
    """Let somebody sign in again."""
    enable_account(uow, account_id=account_id)
    return _shown(account_id, "ingeschakeld")


@desk.post("/<uuid:account_id>/rollen")
@page(Role.ADMINISTRATOR, again=_person)
def roles(uow: UnitOfWork, account_id: UUID) -> ResponseReturnValue:
    """Give somebody other roles."""
    change_roles(uow, account_id=account_id, **form_of(RolesChosen))
    return _shown(account_id, "rollen")


@desk.post("/<uuid:account_id>/organisatie")
@page(Role.ADMINISTRATOR, again=_person)
def rename(uow: UnitOfWork, account_id: UUID) -> ResponseReturnValue:
    """Call the organisation where somebody works otherwise."""
    person = read_person(uow, account_id=account_id)
    named = form_of(OrganisationNamed)
    rename_organisation(uow, organisation_id=person.organisation_id, **named)
    return _shown(account_id, "organisatie")


@desk.post("/<uuid:account_id>/tweede-stap")
@page(Role.ADMINISTRATOR, again=_person)
def reset_factor(uow: UnitOfWork, account_id: UUID) -> ResponseReturnValue:
    """Take away the second step of somebody who lost a phone."""
    reset_second_factor(uow, account_id=account_id)
    return _shown(account_id, "tweede-stap")


def _shown(account_id: UUID, what: str) -> ResponseReturnValue:
    return redirect(url_for("people.show", account_id=account_id, klaar=what), 303)
