"""A page: who may open it, one unit of work, and a form that keeps what was typed."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, wraps
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask, Response, current_app, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, ValidationError

from kernel.access import HOLDER, Actor, Role
from kernel.audit import note_reading
from kernel.errors import Conflict, Forbidden, Invalid, Refusal
from kernel.identity import SignedIn
from kernel.languages import BY_CODE
from kernel.unit_of_work import unit_of_work
from web.i18n import gettext, language
from web.identity import identify, keep_remembering, who

View = Callable[..., ResponseReturnValue]
SET_UP = "second_factor"  # the room where a second step is set up


@dataclass(frozen=True)
class Problems:
    """What was wrong with a form: a sentence, and sentences by field."""

    sentence: str = ""
    fields: Mapping[str, list[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is anything to say."""
        return bool(self.sentence)

    def of(self, name: str) -> str:
        """Give what is wrong with one field, or ''."""
        return " ".join(gettext(said) for said in self.fields.get(name, ()))


@dataclass(frozen=True, kw_only=True)
class _Answering:
    """How a page's form is refused: which page is made anew, for which refusals, who is told."""

    again: View | None = None
    again_for: tuple[type[Refusal], ...] = (Invalid, Conflict)
    on_refusal: Callable[[Actor, Refusal], None] | None = None


def page(
    *roles: Role,
    again: View | None = None,
    again_for: tuple[type[Refusal], ...] = (Invalid, Conflict),
    writes: bool | None = None,
    on_refusal: Callable[[Actor, Refusal], None] | None = None,
) -> Callable[[View], View]:
    """Make a view a page for whoever is signed in with one of these roles (none: anybody).

    The view gets the unit of work and the path's values. When a form is refused, the work is
    rolled back, `on_refusal` is told who acted and why not, and for the kinds in `again_for` the
    view `again` makes the page anew, with `g.refusal`, `problems` and what was typed.
    """
    answering = _Answering(again=again, again_for=again_for, on_refusal=on_refusal)

    def wrap(view: View) -> View:
        @wraps(view)
        def answered(**path: Any) -> Response:
            signed_in = identify()
            if must_set_up(signed_in) and request.blueprint != SET_UP:
                return _to_set_up()
            if roles and not signed_in.actor.is_any(*roles):
                raise Forbidden(gettext("Deze pagina is niet voor jouw account."))
            return _worked(view, signed_in.actor, path, answering, writes=writes)

        answered.identity = "account"  # type: ignore[attr-defined]
        answered.roles = frozenset(roles)  # type: ignore[attr-defined]
        return answered

    return wrap


def must_set_up(signed_in: SignedIn) -> bool:
    """Say whether somebody must set up a second step before any page opens; in a demo nobody."""
    return signed_in.factor_due and not current_app.config["DEMO"]


def _to_set_up() -> Response:
    """Lead to where the second step is set up; a page that renews itself loads anew, and goes."""
    if "HX-Request" in request.headers:
        return Response(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Refresh": "true"})
    return make_response(redirect(url_for(f"{SET_UP}.show"), HTTPStatus.SEE_OTHER))


def holders_page(view: View) -> View:
    """Make a view a page for whoever holds a cheque: no account, no name."""

    @wraps(view)
    def answered(**path: Any) -> Response:
        return _worked(view, HOLDER, path, _Answering(), writes=False)

    answered.identity = "holder"  # type: ignore[attr-defined]
    return answered


def public_page(view: View) -> View:
    """Make a view a page that anybody may read and that opens no unit of work."""
    view.identity = "public"  # type: ignore[attr-defined]
    return view


def _worked(
    view: View, actor: Actor, path: dict[str, Any], answering: _Answering, *, writes: bool | None
) -> Response:
    write = request.method not in {"GET", "HEAD"} if writes is None else writes
    try:
        with unit_of_work(g.city, actor, writes=write) as uow:
            response = make_response(view(uow, **path))
    except (Refusal, ValidationError) as refused:
        refusal = as_refusal(refused)
        if answering.on_refusal is not None:
            answering.on_refusal(actor, refusal)
        if not _is_told_by(answering, refusal):
            raise
        response = _told(answering.again, actor, path, refusal)
    if files := g.pop("files_read", None):
        note_reading(g.city, actor, what=request.endpoint or "", subject_ids=sorted(files))
    return response


def _is_told_by(answering: _Answering, refusal: Refusal) -> bool:
    posted = request.method not in {"GET", "HEAD"}
    return answering.again is not None and posted and isinstance(refusal, answering.again_for)


def _told(again: View | None, actor: Actor, path: dict[str, Any], refusal: Refusal) -> Response:
    """Make the page anew, with what was wrong and what was typed."""
    assert again is not None
    g.refusal = refusal
    g.problems = Problems(str(refusal), getattr(refusal, "fields", {}))
    with unit_of_work(g.city, actor, writes=False) as uow:
        response = make_response(again(uow, **path))
    return dressed_as(refusal, response)


def dressed_as(refusal: Refusal, response: Response) -> Response:
    """Give a refusal's answer its status and, where waiting helps, how long to wait."""
    response.status_code = refusal.status
    after = refusal.about.get("retry_after")
    if after or refusal.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(after or 2)
    return response


def reads_file(family_id: UUID | None) -> None:
    """Say that this page shows a family's file: an audit row is written before it leaves."""
    if family_id is not None:
        g.setdefault("files_read", set()).add(family_id)


def as_refusal(error: Refusal | ValidationError) -> Refusal:
    """Give what a schema found wrong as the refusal that it is."""
    return Invalid.of_messages(error.messages) if isinstance(error, ValidationError) else error


def form_of(schema: type[Schema]) -> dict[str, Any]:
    """Load the form that was sent by the programme's own schema.

    A field `family.reference` is the schema's nested one; what was left empty was not sent.
    """
    given: dict[str, Any] = {}
    for name, value in request.form.items():
        if name == "csrf_token" or not value.strip() or name.startswith("_"):
            continue
        *path, last = name.split(".")
        inner = given
        for part in path:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):  # both `family` and `family.reference`
                raise ValidationError({name: ["Dit staat er dubbel. Herlaad de pagina."]})
        inner[last] = value
    loaded: dict[str, Any] = schema().load(given)
    return loaded


def typed(name: str, otherwise: Any = "") -> Any:
    """Give what was typed in a field, so that an error loses nothing; else what it starts with."""
    return request.form.get(name, otherwise) if request.method == "POST" else otherwise


def asset(name: str) -> str:
    """Give the address of our own static file; it changes when the file does."""
    return url_for("static", filename=name, v=_fingerprint(current_app.static_folder or "", name))


@cache
def _fingerprint(folder: str, name: str) -> str:
    return hashlib.sha256((Path(folder) / name).read_bytes()).hexdigest()[:10]


def mount_pages(app: Flask) -> None:
    """Give every template what it needs, and refuse forms sent from another site."""
    app.before_request(_same_origin)
    app.after_request(_keep_assets)
    app.after_request(keep_remembering)
    app.context_processor(_in_every_template)


def _same_origin() -> None:
    origin = request.headers.get("Origin")
    if request.method in {"GET", "HEAD", "OPTIONS"} or not origin or origin == "null":
        return
    if not request.path.startswith("/api/") and not _is_here(origin):
        raise Forbidden(gettext("Dit formulier kwam van een andere website."))


def _is_here(origin: str) -> bool:
    try:
        return urlsplit(origin).netloc == request.host
    except ValueError:  # no address at all, such as http://[
        return False


def _keep_assets(response: Response) -> Response:
    if request.endpoint == "static" and "v" in request.args and response.status_code < 400:  # noqa: PLR2004
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _in_every_template() -> dict[str, Any]:
    code = language()
    return {
        "city": g.get("city"),
        "signed_in": who() if "city" in g and request.endpoint != "static" else None,
        "problems": g.get("problems", Problems()),
        "typed": typed,
        "asset": asset,
        "lang": BY_CODE[code],
        "demo": current_app.config["DEMO"],
        "Role": Role,
    }
