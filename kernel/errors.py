"""The ways the house says no, each with a public code and a sentence that shows the way on."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar

_ENOUGH = 50  # wrong fields; who sends thousands needs no list of them


class Refusal(Exception):
    """A rule said no.

    `code` is stable and public; the message is Dutch, for people, and says what to do next.
    `about` holds what a program may need besides (ids, dates, numbers; never a name).
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "refused"
    sentence: ClassVar[str] = "Dat kan niet. Kijk na wat je invulde en probeer opnieuw."

    def __init__(self, message: str | None = None, **about: Any) -> None:
        """Take the sentence for people (else the class's own) and facts for programs."""
        super().__init__(message or self.sentence)
        self.about = about


class NotFound(Refusal):
    """What was asked for is not here, or not for this actor to see."""

    status, code = 404, "not-found"
    sentence = "Dat vinden we niet. Misschien is het verplaatst of hoort het bij iemand anders."


class Forbidden(Refusal):
    """The actor may not do this."""

    status, code = 403, "forbidden"
    sentence = "Dat mag je niet doen met jouw account. Vraag het aan de regie van je stad."


class Unidentified(Refusal):
    """Nobody is signed in, or the token is not known."""

    status, code = 401, "unidentified"
    sentence = "Meld je eerst aan."


class Conflict(Refusal):
    """The state of things stands in the way."""

    status, code = 409, "conflict"
    sentence = "Iemand anders was je net voor. Kijk hoe het nu staat en probeer opnieuw."


class Invalid(Refusal):
    """What was given cannot be right.

    `fields` names each wrong field with its sentences, as marshmallow does.
    """

    status, code = 422, "invalid"
    sentence = "Er klopt iets niet in wat je invulde."

    def __init__(
        self,
        message: str | None = None,
        *,
        fields: dict[str, list[str]] | None = None,
        **about: Any,
    ) -> None:
        """Take the sentence, the wrong fields with a sentence each, and facts for programs."""
        super().__init__(message, **about)
        self.fields = fields or {}

    @classmethod
    def of_messages(cls, messages: Any) -> "Invalid":
        """Give the refusal for what marshmallow found wrong, each field by its dotted name."""
        found: dict[str, list[str]] = {}
        for name, said in islice(_walk(messages, ""), _ENOUGH):
            found.setdefault(name, []).append(said)
        return cls(fields=found)


def _walk(messages: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            skip = key in {"json", "query", "headers", "_schema"}
            yield from _walk(inner, path if skip else f"{path}.{key}".lstrip("."))
    elif isinstance(messages, list):
        for inner in messages:
            yield from _walk(inner, path)
    else:
        yield path, str(messages)


class TooMany(Refusal):
    """Too many tries in too short a time. `about["retry_after"]` is in seconds."""

    status, code = 429, "too-many"
    sentence = "Dat waren te veel pogingen. Wacht een minuut en probeer opnieuw."


class Unavailable(Refusal):
    """The database cannot answer now. Nothing was kept."""

    status, code = 503, "unavailable"
    sentence = "Niet opgeslagen: het systeem antwoordt nu niet. Wacht even en probeer opnieuw."
