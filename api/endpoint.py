"""Each endpoint states what it takes, gives and refuses; its answer and the document follow."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import g, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from api.errors import SAID
from api.identity import NoToken, ScopeMissing, identify
from api.problem import Problem
from api.reading import READER
from kernel.access import Actor, Role
from kernel.audit import note_reading
from kernel.cities import UnknownCity
from kernel.errors import Forbidden, Invalid, Refusal, Unavailable
from kernel.signing_in import SignedIn
from kernel.unit_of_work import unit_of_work

View = Callable[..., Any]
ALWAYS: tuple[type[Refusal], ...] = (
    NoToken,
    ScopeMissing,
    Forbidden,
    UnknownCity,
    Invalid,
    Unavailable,
)
PDF = "application/pdf"
_OF_A_BODY = (400, 413, 415)


class KeyHeader(Schema):
    """The header that makes a retry safe: the same key with the same body gives one effect."""

    class Meta:
        """Other headers are none of ours."""

        unknown = "exclude"

    idempotency_key = fields.String(
        data_key="Idempotency-Key",
        validate=validate.Regexp(
            r"^[!-~]{1,64}$", error="Een sleutel heeft 1 tot 64 tekens, zonder spaties."
        ),
        metadata={"description": "1 tot 64 tekens; een nieuwe poging krijgt een nieuwe sleutel."},
    )


@dataclass(frozen=True, kw_only=True)
class endpoint:  # noqa: N801 — it stands above a view, as a decorator does
    """Makes a view an endpoint: identified, one unit of work, shaped before the commit.

    Takes the HTTP method and rule, the token's scope and the roles that may come in, the schemas,
    the status of success, and every refusal besides those that any endpoint knows. The view gets
    the unit of work, the path's values and what it takes as keywords, and gives a dict to dump; or,
    where `gives` is a content type, the response itself.
    `looks` says that a POST only looks. `on_refusal` is told of a refusal once the unit of work is
    rolled back, with who acted and what was taken.
    """

    blueprint: Blueprint
    method: str
    rule: str = ""
    scope: str
    roles: Sequence[Role]
    gives: type[Schema] | str
    takes: type[Schema] | None = None
    headers: type[Schema] | None = None
    status: HTTPStatus = HTTPStatus.OK
    refuses: Sequence[type[Refusal]] = ()
    looks: bool = False
    on_refusal: Callable[[Actor, Refusal, dict[str, Any]], None] | None = field(default=None)

    def __call__(self, view: View) -> View:
        """Put the view at its rule."""
        identified = self._identified(self._documented(self._working(view)))
        identified.identity = "token"  # type: ignore[attr-defined]
        identified.roles = frozenset(self.roles)  # type: ignore[attr-defined]
        self.blueprint.route(self.rule, methods=[self.method])(identified)
        return identified

    def _working(self, view: View) -> View:
        """Open the unit of work, and tell of a refusal when it is rolled back."""
        writes = self.method != "GET" and not self.looks

        @wraps(view)
        def working(*taken: dict[str, Any], **path: Any) -> Any:
            signed_in: SignedIn = g.program
            given = {key: value for part in taken for key, value in part.items()}
            try:
                with unit_of_work(g.city, signed_in.actor, writes=writes) as uow:
                    answer = view(uow, **path, **given)
            except Refusal as refusal:
                if self.on_refusal is not None:
                    self.on_refusal(signed_in.actor, refusal, given)
                raise
            if files := g.pop("files_read", None):
                what = request.endpoint or ""
                note_reading(g.city, signed_in.actor, what=what, subject_ids=sorted(files))
            return answer

        return working

    def _documented(self, view: View) -> View:
        """Load what is taken and dump what is given, and say so in the document."""
        blueprint = self.blueprint
        blueprint.ARGUMENTS_PARSER = READER
        if not isinstance(self.gives, str):
            view = blueprint.response(self.status, self.gives)(view)
        self._tell_refusals(view)
        if self.headers is not None:
            view = blueprint.arguments(self.headers(), location="headers")(view)
        if self.takes is not None:
            place = "query" if self.method == "GET" else "json"
            view = blueprint.arguments(self.takes(), location=place)(view)
        return view

    def _tell_refusals(self, view: View) -> None:
        """Say each refusal in the document, without a layer around the view for each."""
        told, takes_body = view, self.takes is not None and self.method != "GET"
        if isinstance(self.gives, str):
            told = self._tells(self.status, {"type": "string", "format": "binary"}, self.gives)(
                told
            )
        refused = _told((*ALWAYS, *self.refuses))
        refused |= {code: f"`http-{code}`: {SAID[code]}" for code in _OF_A_BODY if takes_body}
        for code, text in refused.items():
            told = self._tells(code, Problem, "application/problem+json", text)(told)
        view._apidoc = told._apidoc  # type: ignore[attr-defined] # noqa: SLF001 — smorest's notes

    def _tells(self, status: int, schema: Any, content_type: str, text: str = "") -> Any:
        return self.blueprint.alt_response(
            status, schema=schema, content_type=content_type, description=text or None
        )

    def _identified(self, view: View) -> View:
        """Know who asks before anything of the request is read."""

        @wraps(view)
        def identified(**path: Any) -> Any:
            g.program = identify(self.scope)
            if not g.program.actor.is_any(*self.roles):
                raise Forbidden
            return view(**path)

        return identified


def reads_file(family_id: UUID | None) -> None:
    """Say that this answer is of a family's file: an audit row is written before it leaves."""
    if family_id is not None:
        g.setdefault("files_read", set()).add(family_id)


def _told(refusals: Sequence[type[Refusal]]) -> dict[int, str]:
    """Give for each status the codes and sentences of its refusals."""
    told: dict[int, str] = {}
    for refusal in dict.fromkeys(refusals):
        said = f"`{refusal.code}`: {refusal.sentence}"
        told[refusal.status] = (
            f"{told[refusal.status]} · {said}" if refusal.status in told else said
        )
    return told
