"""How long the house keeps what belongs to no programme: sign-ins, letters, audit, accounts."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, true, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from kernel.accounts import AccessToken, Account, SignInAttempt, SignInCode, WebSession
from kernel.audit import AuditRow
from kernel.family_files import FamilyFile, family_classes
from kernel.keeping import Kept, Lasting, Night, Register, Term, Unit
from kernel.letters import Letter, LetterKind, ToldTask
from kernel.tasks import Task

FORMER = "Oud-medewerker"  # whoever's account was closed long ago


def register(files: Sequence[FamilyFile], *more: Kept) -> Register:
    """Put together what the programmes and the kernel keep of people.

    Takes the programmes' files of a family, of which the last one decides, and their own classes.
    """
    return Register(kept=(*family_classes(files), *more, *KEPT), lasting=LASTING)


def deletes(
    key: InstrumentedAttribute[Any],
) -> Callable[[Session, Sequence[Any]], int]:
    """Forget rows by deleting them."""

    def forget(session: Session, keys: Sequence[Any]) -> int:
        gone = session.execute(
            delete(key.class_).where(key.in_(keys)),
            execution_options={"synchronize_session": False},
        )
        return int(gone.rowcount)  # type: ignore[attr-defined]

    return forget


def before(
    moment: InstrumentedAttribute[Any], term: Term
) -> Callable[[Night], ColumnElement[bool]]:
    """Say of a row that its term, which counts from an instant, is over."""
    return lambda night: moment < night.past_instant(term)


def _days(rule: str, count: int, *, most: int) -> Term:
    return Term(rule=f"keeping.{rule}_days", count=count, unit=Unit.DAYS, least=1, most=most)


ATTEMPTS = _days("sign_in_attempt", 7, most=90)
CODES = _days("sign_in_code", 7, most=90)
SESSIONS = _days("session", 7, most=90)
TOKENS = _days("token", 90, most=365)
LETTERS = _days("letter", 90, most=365)
# Five years, by law as by trigger: neither a city nor a clock that runs ahead shortens it.
AUDIT = Term(rule="keeping.audit_months", count=60, unit=Unit.MONTHS, least=60, most=60, spare=1)
ACCOUNTS = Term(rule="keeping.account_months", count=60, unit=Unit.MONTHS, least=60, most=120)


def _close_accounts(session: Session, ids: Sequence[Any]) -> int:
    """Let an account be nobody's: what it did stays, by its id."""
    for each in ids:
        nobody = {
            "name": FORMER,
            "email": f"{each.hex}@{_NOWHERE}",
            "password_hash": None,
            "totp_seed": None,
        }
        session.execute(update(Account).where(Account.id == each).values(**nobody))
    return len(ids)


_NOWHERE = "oud.invalid"


def _forget_letters(session: Session, keys: Sequence[Any]) -> int:
    """Forget letters; of good news the text goes and its key stays, so that it is told once."""
    good = and_(Letter.id.in_(keys), Letter.kind == LetterKind.GOOD_NEWS)
    quiet: Any = {"execution_options": {"synchronize_session": False}}
    told = session.execute(
        update(Letter).where(good, Letter.body != "").values(subject="", body=""), **quiet
    )
    gone = session.execute(
        delete(Letter).where(Letter.id.in_(keys), Letter.kind != LetterKind.GOOD_NEWS), **quiet
    )
    return int(told.rowcount + gone.rowcount)  # type: ignore[attr-defined]


KEPT = (
    Kept(
        name="sign-in-attempts",
        what="Een verkeerd wachtwoord, met een onleesbare afdruk van het adres",
        why="om raden te vertragen",
        after="na de poging",
        term=ATTEMPTS,
        key=SignInAttempt.id,
        holds=true(),
        due=before(SignInAttempt.at, ATTEMPTS),
        ended=SignInAttempt.at,
        forget=deletes(SignInAttempt.id),
        columns={"sign_in_attempt": frozenset({"address_hash"})},
    ),
    Kept(
        name="sign-in-codes",
        what="Dat iemand een code vroeg om zich aan te melden",
        why="om een code één keer te laten werken",
        after="na het vragen",
        term=CODES,
        key=SignInCode.id,
        holds=true(),
        due=before(SignInCode.asked_at, CODES),
        ended=SignInCode.asked_at,
        forget=deletes(SignInCode.id),
    ),
    Kept(
        name="sessions",
        what="Een toestel dat aangemeld was",
        why="om aangemeld te blijven",
        after="na het einde van de sessie",
        term=SESSIONS,
        key=WebSession.token_hash,
        holds=true(),
        due=before(WebSession.expires_at, SESSIONS),
        ended=WebSession.expires_at,
        forget=deletes(WebSession.token_hash),
        columns={"web_session": frozenset({"device"})},
    ),
    Kept(
        name="tokens",
        what="De sleutel van een programma dat niet meer mag",
        why="om te zien welk programma iets deed",
        after="na het intrekken",
        term=TOKENS,
        key=AccessToken.token_hash,
        holds=AccessToken.revoked_at.is_not(None),
        due=before(AccessToken.revoked_at, TOKENS),
        ended=AccessToken.revoked_at,
        forget=deletes(AccessToken.token_hash),
    ),
    Kept(
        name="letters",
        what="Een mail aan een medewerker (er staan geen namen van gezinnen in)",
        why="om geen mail twee keer te sturen",
        after="na het schrijven",
        term=LETTERS,
        key=Letter.id,
        holds=or_(Letter.kind != LetterKind.GOOD_NEWS, Letter.body != ""),
        due=before(Letter.written_at, LETTERS),
        ended=Letter.written_at,
        forget=_forget_letters,
        columns={"letter": frozenset({"subject", "body"})},
    ),
    Kept(
        name="told-tasks",
        what="Dat een taak per mail verteld werd",
        why="om een taak niet twee keer te mailen",
        after="na de mail, als de taak afgerond is",
        term=LETTERS,
        key=ToldTask.task_id,
        holds=ToldTask.task_id.not_in(select(Task.id).where(Task.closed_at.is_(None))),
        due=before(ToldTask.told_at, LETTERS),
        ended=ToldTask.told_at,
        forget=deletes(ToldTask.task_id),
    ),
    Kept(
        name="audit",
        what="Wie welk dossier opende, en wanneer",
        why="om misbruik te zien, en om een gezin te antwoorden",
        after="na het openen",
        term=AUDIT,
        key=AuditRow.number,
        holds=true(),
        due=before(AuditRow.at, AUDIT),
        ended=AuditRow.at,
        forget=deletes(AuditRow.number),
        guarded=True,
    ),
    Kept(
        name="accounts",
        what="Naam en e-mailadres van een medewerker die niet meer meewerkt",
        why="om te weten wie iets deed",
        after="na het afsluiten van het account",
        term=ACCOUNTS,
        key=Account.id,
        holds=and_(Account.disabled_at.is_not(None), ~Account.email.endswith(f"@{_NOWHERE}")),
        due=before(Account.disabled_at, ACCOUNTS),
        ended=Account.disabled_at,
        forget=_close_accounts,
        columns={"account": frozenset({"email", "name"})},
    ),
)

LASTING = (
    Lasting(
        name="places",
        what="Naam, adres en telefoon van organisaties en opvangplaatsen",
        why="gezinnen moeten de opvang vinden; de stad moet weten wie ze betaalde",
        until="zolang de opvang meedoet, en daarna zolang de boekhouding dat vraagt",
        columns={
            "location": frozenset({"address", "name", "phone"}),
            "organisation": frozenset({"name"}),
        },
    ),
    Lasting(
        name="languages",
        what="De taal en de wijk van een gezin, zonder naam of kenmerk",
        why="om te tellen of de cheques elke groep bereiken",
        until="zonder naam, zolang de cijfers tellen",
        columns={"family": frozenset({"language"})},
    ),
)
