"""A program shows a bearer token: who it acts for, and what it may."""

from flask import g, request

from kernel.errors import Forbidden, Unidentified
from kernel.signing_in import SignedIn, signed_in_by_token


class NoToken(Unidentified):
    """No bearer token, or one that is not known."""

    code = "no-token"
    sentence = (
        "Stuur een geldig token mee: `Authorization: Bearer …`. "
        "Je beheerder maakt er een met `opstap token create`."
    )


class ScopeMissing(Forbidden):
    """The token may not do this."""

    code = "scope-missing"
    sentence = "Dit token mag dit niet. Vraag je beheerder om een token met het juiste bereik."


def identify(scope: str) -> SignedIn:
    """Give whom the request's token stands for; refuse none, an unknown one, another scope's."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise NoToken
    signed_in = signed_in_by_token(g.city, token=token.strip())
    if signed_in is None:
        raise NoToken
    if scope not in signed_in.scopes:
        raise ScopeMissing
    return signed_in
