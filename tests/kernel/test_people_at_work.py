"""Who may sign in, as what; and that a city always keeps somebody who can let others in."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from jobs.dispatch import dispatch_events
from kernel.access import Role
from kernel.accounts import Account
from kernel.administering import (
    LastAdministrator,
    OneselfDisabled,
    change_roles,
    disable_account,
    enable_account,
    rename_organisation,
)
from kernel.cities import City
from kernel.errors import Forbidden, Invalid, NotFound
from kernel.events import RecordedEvent
from kernel.invitation_letters import LetterState, letter_state
from kernel.inviting import AddressKnown, choose_password
from kernel.letters import Letter
from kernel.letting_in import (
    AccountOff,
    InvitationUsed,
    invite_again,
    invite_colleague,
    invite_person,
    show_invitation,
    withdraw_invitation,
)
from kernel.organisations import Organisation, OrganisationKind
from kernel.people_at_work import AccountState, PersonRow, read_people, read_person
from kernel.signing_in import create_token, sign_in, signed_in_by_cookie, signed_in_by_token
from tests import build
from tests.build import MONDAY, PASSWORD, Person, at_work

KEY = "a key for tests"


def test_an_invited_person_has_a_letter_with_a_link_that_works(
    city: City, administrator: Person
) -> None:
    account_id = invited(city, administrator)
    person = row(city, administrator, account_id)
    assert (person.state, person.organisation, person.roles) == (
        AccountState.INVITED,
        "OCMW Genk",
        (Role.REFERRER,),
    )
    with at_work(city) as uow:
        letter = uow.session.scalars(select(Letter)).one()
        home = uow.session.scalars(select(Organisation).filter_by(name="OCMW Genk")).one()
        assert (letter.account_id, letter.kind) == (account_id, "invitation")
        assert "{link}" in letter.body
        assert "Nadia" not in letter.body + letter.subject
        assert (home.sort, home.prefix) == ("OCMW", "OC")
    with at_work(city, administrator.actor) as uow:
        link = show_invitation(uow, account_id=account_id)
    token = link.rsplit("/", 1)[1]
    choose_password(city, token=token, password="een lange zin", key=KEY)
    assert row(city, administrator, account_id).state == AccountState.ACTIVE


def test_where_a_letter_is_can_be_followed(city: City, administrator: Person) -> None:
    account_id = invited(city, administrator)
    assert letter_at(city, administrator, account_id) == LetterState.ON_ITS_WAY
    dispatch_events(city, MONDAY)
    assert letter_at(city, administrator, account_id) == LetterState.LEFT


def test_a_new_link_is_a_new_letter_and_a_second_click_is_none(
    city: City, administrator: Person
) -> None:
    account_id = invited(city, administrator)
    later = MONDAY + timedelta(days=2)
    for _ in range(2):
        with at_work(city, administrator.actor, later) as uow:
            invite_again(uow, account_id=account_id)
    with at_work(city) as uow:
        assert len(uow.session.scalars(select(Letter)).all()) == 2


def test_an_address_that_is_known_leads_to_its_account_whoever_asks(
    city: City, administrator: Person, regie: Person
) -> None:
    known = build.referrer(city, email="nadia@genk.example")
    with pytest.raises(AddressKnown) as refused:
        invited(city, administrator)
    assert refused.value.about == {"account_id": known.actor.account_id}
    with pytest.raises(AddressKnown) as refused:
        invited(city, regie, email=administrator.email)
    assert refused.value.about == {}, "the regie does not look after the city's people"


def test_an_unused_invitation_is_withdrawn_and_its_address_is_free(
    city: City, administrator: Person
) -> None:
    account_id = invited(city, administrator)
    with at_work(city, administrator.actor) as uow:
        withdraw_invitation(uow, account_id=account_id)
    assert invited(city, administrator) != account_id
    dispatch_events(city, MONDAY)  # the first letter goes nowhere


def test_whoever_was_here_is_not_withdrawn_nor_sent_a_link(
    city: City, administrator: Person
) -> None:
    here = build.referrer(city)
    for deed in (withdraw_invitation, invite_again, show_invitation):
        with pytest.raises(InvitationUsed), at_work(city, administrator.actor) as uow:
            deed(uow, account_id=here.actor.account_id)
    account_id = invited(city, administrator)
    with at_work(city, administrator.actor) as uow:
        disable_account(uow, account_id=account_id)
    with pytest.raises(AccountOff), at_work(city, administrator.actor) as uow:
        show_invitation(uow, account_id=account_id)


def test_the_regie_invites_referrers_and_providers_only(city: City, regie: Person) -> None:
    invited(city, regie)
    for role in (Role.REGIE, Role.FINANCE, Role.EVALUATOR, Role.ADMINISTRATOR):
        with pytest.raises(Forbidden):
            invited(city, regie, email=f"{role}@genk.example", roles=[role])


@pytest.mark.parametrize(
    ("roles", "field"),
    [([], "roles"), ([Role.PROVIDER, Role.REFERRER], "roles"), ([Role.PROVIDER], "organisation")],
)
def test_roles_and_organisation_fit_each_other(
    city: City, administrator: Person, roles: list[Role], field: str
) -> None:
    home = build.organisation(city, OrganisationKind.REFERRER)
    with pytest.raises(Invalid) as refused:
        invited(city, administrator, roles=roles, organisation_id=home, new_organisation=None)
    assert field in refused.value.fields


def test_somebody_disabled_is_out_at_once_and_back_as_before(
    city: City, administrator: Person
) -> None:
    nadia = build.referrer(city)
    secret = sign_in(city, email=nadia.email, password=PASSWORD, now=MONDAY)
    program = create_token(city, email=nadia.email, now=MONDAY)
    with at_work(city, administrator.actor) as uow:
        disable_account(uow, account_id=nadia.actor.account_id)
    assert signed_in_by_cookie(city, secret=secret, now=MONDAY) is None
    assert signed_in_by_token(city, token=program) is None
    assert row(city, administrator, nadia.actor.account_id).state == AccountState.DISABLED
    with at_work(city, administrator.actor) as uow:
        enable_account(uow, account_id=nadia.actor.account_id)
    assert sign_in(city, email=nadia.email, password=PASSWORD, now=MONDAY)
    assert row(city, administrator, nadia.actor.account_id).roles == (Role.REFERRER,)


def test_a_city_keeps_an_administrator(city: City, administrator: Person) -> None:
    me = administrator.actor.account_id
    with pytest.raises(LastAdministrator), at_work(city, administrator.actor) as uow:
        disable_account(uow, account_id=me)
    with pytest.raises(LastAdministrator), at_work(city, administrator.actor) as uow:
        change_roles(uow, account_id=me, roles=[Role.REGIE])
    never_came = invited(
        city, administrator, roles=[Role.ADMINISTRATOR], new_organisation="Stad Genk"
    )
    with pytest.raises(LastAdministrator), at_work(city, administrator.actor) as uow:
        disable_account(uow, account_id=me)
    with at_work(city, administrator.actor) as uow:
        disable_account(uow, account_id=never_came)
    second = build.person(city, Role.ADMINISTRATOR, organisation_id=administrator.organisation_id)
    with pytest.raises(OneselfDisabled), at_work(city, administrator.actor) as uow:
        disable_account(uow, account_id=me)
    with at_work(city, second.actor) as uow:
        disable_account(uow, account_id=me)


def test_whoever_loses_a_role_signs_in_anew_and_whoever_gains_one_does_not(
    city: City, administrator: Person, regie: Person
) -> None:
    secret = sign_in(city, email=regie.email, password=PASSWORD, now=MONDAY)
    give(city, administrator, regie, [Role.REGIE, Role.FINANCE])
    found = signed_in_by_cookie(city, secret=secret, now=MONDAY)
    assert found is not None
    assert found.actor.roles == {Role.REGIE, Role.FINANCE}
    give(city, administrator, regie, [Role.FINANCE])
    assert signed_in_by_cookie(city, secret=secret, now=MONDAY) is None
    with pytest.raises(Invalid):
        give(city, administrator, regie, [Role.PROVIDER])
    with pytest.raises(Invalid):
        give(city, administrator, regie, [])


def test_an_organisation_is_called_otherwise_but_never_like_another(
    city: City, administrator: Person
) -> None:
    one = build.organisation(city, OrganisationKind.REFERRER, name="OCMW Genk")
    build.organisation(city, OrganisationKind.REFERRER, name="CKG")
    with at_work(city, administrator.actor) as uow:
        rename_organisation(uow, organisation_id=one, name="Sociaal Huis", sort="OCMW", prefix="sh")
    with at_work(city) as uow:
        assert uow.session.get_one(Organisation, one).prefix == "SH"
    with pytest.raises(Invalid), at_work(city, administrator.actor) as uow:
        rename_organisation(uow, organisation_id=one, name="CKG")


def test_people_are_found_by_name_address_and_organisation(
    city: City, administrator: Person, regie: Person
) -> None:
    home = build.organisation(city, OrganisationKind.REFERRER, name="Taalschool 100%")
    build.person(city, Role.REFERRER, organisation_id=home, email="a@genk.example", name="Ðỗ Lan")
    for search in ("Ðỗ l", "A@GENK.example", "100%"):
        assert names(city, administrator, search=search) == ["Ðỗ Lan"]
    assert names(city, administrator, search="%%") == []
    assert names(city, administrator, role=Role.EVALUATOR) == []
    assert names(city, administrator, role=Role.REFERRER) == ["Ðỗ Lan"]
    assert names(city, administrator, state=AccountState.INVITED) == []
    assert len(names(city, administrator)) == 3
    assert names(city, regie) == ["Ðỗ Lan"]
    with pytest.raises(NotFound), at_work(city, regie.actor) as uow:
        read_person(uow, account_id=administrator.actor.account_id)


def test_a_provider_looks_after_colleagues_and_nobody_else(city: City) -> None:
    mine, other = build.provider(city), build.provider(city)
    with at_work(city, mine.actor) as uow:
        colleague = invite_colleague(uow, email="els@genk.example", name="Els").id
    for deed in (disable_account, enable_account, invite_again, withdraw_invitation):
        with pytest.raises(NotFound), at_work(city, other.actor) as uow:
            deed(uow, account_id=colleague)
    with pytest.raises(OneselfDisabled), at_work(city, mine.actor) as uow:
        disable_account(uow, account_id=mine.actor.account_id)
    with at_work(city, mine.actor) as uow:
        disable_account(uow, account_id=colleague)


def test_what_happens_to_accounts_is_told_by_ids(city: City, administrator: Person) -> None:
    account_id = invited(city, administrator)
    for deed in (disable_account, enable_account, withdraw_invitation):
        with at_work(city, administrator.actor) as uow:
            deed(uow, account_id=account_id)
    with at_work(city) as uow:
        events = uow.session.scalars(select(RecordedEvent).order_by(RecordedEvent.number)).all()
        assert [event.name.removeprefix("kernel.") for event in events] == [
            "letter_written",
            "account_invited",
            "account_disabled",
            "account_enabled",
            "invitation_withdrawn",
        ]
        told = str([event.payload for event in events])
        assert "nadia" not in told.lower()
        assert uow.session.get(Account, account_id) is None


def invited(city: City, by: Person, **changed: object) -> UUID:
    given = {
        "email": "nadia@genk.example",
        "name": "Nadia Demo",
        "roles": [Role.REFERRER],
        "new_organisation": "OCMW Genk",
        "sort": "OCMW",
        "prefix": "oc",
    }
    with at_work(city, by.actor) as uow:
        return invite_person(uow, **(given | changed)).id  # type: ignore[arg-type]


def row(city: City, by: Person, account_id: UUID) -> PersonRow:
    with at_work(city, by.actor) as uow:
        return read_person(uow, account_id=account_id)


def names(city: City, by: Person, **asked: object) -> list[str]:
    with at_work(city, by.actor) as uow:
        rows, total = read_people(uow, **asked)  # type: ignore[arg-type]
    assert total == len(rows)
    return [person.name for person in rows]


def letter_at(city: City, by: Person, account_id: UUID) -> LetterState | None:
    with at_work(city, by.actor) as uow:
        return letter_state(uow, account_id=account_id)


def give(city: City, by: Person, to: Person, roles: list[Role]) -> None:
    with at_work(city, by.actor) as uow:
        change_roles(uow, account_id=to.actor.account_id, roles=roles)


@pytest.fixture
def administrator(city: City) -> Person:
    home = build.organisation(city, OrganisationKind.CITY, name="Stad Genk")
    return build.person(city, Role.ADMINISTRATOR, organisation_id=home)


@pytest.fixture
def regie(city: City, administrator: Person) -> Person:
    home = administrator.organisation_id
    return build.person(city, Role.REGIE, organisation_id=home, name="Joris Demo")
