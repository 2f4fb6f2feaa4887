"""The signs on paper: a cheque's two codes and a booklet's number."""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: they are misread, or spell words
CODE, TYPED_CODE, NUMBER = 16, 12, 8  # lengths

_VALUES = {sign: value for value, sign in enumerate(ALPHABET)}
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None, "\u00a0": None})


def new_code() -> str:
    """Give a QR code's 16 random signs: 80 bits from the system's generator."""
    return _random(CODE)


def new_typed_code() -> str:
    """Give the 12 signs that can be typed: 11 random and one that checks them."""
    return _checked(_random(TYPED_CODE - 1))


def new_number() -> str:
    """Give a booklet's number: 7 random signs and one that checks them. No secret."""
    return _checked(_random(NUMBER - 1))


def check_sign(signs: str) -> str:
    """Give the sign that makes `signs` complete.

    It catches every single wrong sign and every swap of two neighbours: the arithmetic of GF(2⁵)
    with x⁵+x²+1 (product/cheques.md 2).
    """
    c = 0
    for sign in signs:
        c ^= _VALUES[sign]
        c <<= 1
        if c & 32:
            c ^= 37
    return ALPHABET[c]


def is_whole(signs: str) -> bool:
    """Say whether the last sign checks the ones before it."""
    known = len(signs) > 1 and all(sign in _VALUES for sign in signs)
    return known and check_sign(signs[:-1]) == signs[-1]


def normalised(text: str) -> str:
    """Give the signs that somebody meant: capitals, O is 0, I and L are 1, no spaces or hyphens."""
    return text.strip().upper().translate(_MISREAD)


def may_be(signs: str) -> bool:
    """Say whether there are only signs that codes are made of.

    The databases do not even compare some others (NUL, half a pair).
    """
    return set(signs) <= set(ALPHABET)


def grouped(signs: str) -> str:
    """Give signs in groups of four, as they are printed and read aloud."""
    return " ".join(signs[i : i + 4] for i in range(0, len(signs), 4))


def _checked(signs: str) -> str:
    return signs + check_sign(signs)


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
