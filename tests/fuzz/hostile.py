"""What nobody means, and some do: values, bodies and names to put into every field."""

from collections.abc import Iterator, Sequence
from random import Random
from urllib.parse import quote_plus

from tests.figures import rounds

SCRIPT = "<script>alert(7191)</script>"
IMAGE = '"><img src=x onerror=alert(7191)>'
SUM = "{{7*7191}}"
VALUES: Sequence[str] = (
    "a\x00b",
    "\ud800",  # half a pair
    "x" * 10_000,
    "e\u0301" * 5_000,
    "a" + "\u0315\u0300" * 20_000,  # composing this many marks takes seconds
    "\u202eab\u200fc\u2066",  # right-to-left marks
    "👩‍👧‍👦 🇧🇪",
    "\ufeff",
    "\ufffe",
    "\x7f\x9f",
    SCRIPT,
    IMAGE,
    SUM,
    "${7*7191}",
    "'; DROP TABLE family; --",
    "%s %n %(x)s {0}",
    "../../etc/passwd",
    "=1+1",
    "a\r\nSet-Cookie: hostile=1",
    "\t",
    "31/02/2027",
    "2027-02-31",
    "0000-00-00",
    "0001-01-01",
    "9999-12-31",
    "9999-12",
    "-1",
    "0",
    "99999999999999999999",
    "9" * 5_000,
    "1e400",
    "NaN",
    "²",
    "٣",
    "null",
    "[]",
    "//evil.example/[",
    "/\t/[",
    "javascript:alert(7191)",
    "00000000-0000-0000-0000-000000000000",
)


def some(of: Sequence[str], place: str) -> Sequence[str]:
    """Give as many values as this run has time for, others at each place."""
    chance = Random(f"20270118 {place}")
    return chance.sample(of, min(len(of), rounds(len(of))))


def encoded(fields: Sequence[tuple[str, str]]) -> str:
    """Give fields as a browser would send them, also where they are no text at all."""
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in fields)


def shapes(fields: dict[str, str]) -> Iterator[tuple[str, bytes, str]]:
    """Give a right form in wrong shapes: what it is called, the body, and its content type."""
    form = "application/x-www-form-urlencoded"
    right = list(fields.items())
    csrf = [(name, value) for name, value in right if name == "csrf_token"]
    hidden = [(name, value) for name, value in right if name != "csrf_token"]
    yield "nothing", b"", form
    yield "only the token", encoded(csrf).encode(), form
    yield "no token", encoded(hidden).encode(), form
    yield "a wrong token", encoded([("csrf_token", "x"), *hidden]).encode(), form
    yield "doubled", encoded([*right, *[(name, "x") for name, _ in right]]).encode(), form
    yield "doubled in front", encoded([*csrf, *[(n, "x") for n, _ in right], *right]).encode(), form
    yield "both one and many", encoded([*right, *_entangled(hidden)]).encode(), form
    yield "5,000 fields", encoded([*right, *[(f"f{n}", "x") for n in range(5_000)]]).encode(), form
    yield "deep", encoded([*right, ("a." * 5_000 + "b", "x")]).encode(), form
    yield "2 MB", encoded([*right, ("note", "x" * 2_000_000)]).encode(), form
    yield "no signs at all", encoded(csrf).encode() + b"&a=%FF%FE&%ZZ=%&=&;&\xff=\xfe", form
    yield "JSON", b'{"code": ["a"], "csrf_token": {}}', "application/json"
    yield "deep JSON", b"[" * 100_000, "application/json"
    yield "no JSON", b'{"code": ' + b"9" * 5_000, "application/json"
    yield "files", *_files(right)
    yield (
        "a broken multipart",
        b"--x\r\nContent-Disposition: form-data; name=",
        "multipart/form-data",
    )
    yield "no type", encoded(right).encode(), "text/plain"


def _entangled(fields: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for name, _ in fields:
        yield f"{name}.more", "x"
        if "." in name:
            yield name.partition(".")[0], "x"


def _files(fields: Sequence[tuple[str, str]]) -> tuple[bytes, str]:
    parts = b"".join(
        b'--edge\r\nContent-Disposition: form-data; name="%s"; filename="../a\x00.php"\r\n'
        b"Content-Type: image/png\r\n\r\n\x89PNG\x00\xff\r\n" % name.encode()
        for name, _ in fields
        if name != "csrf_token"
    )
    token = dict(fields).get("csrf_token", "")
    head = b'--edge\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n%s\r\n'
    return head % token.encode() + parts + b"--edge--\r\n", "multipart/form-data; boundary=edge"


def _quoted(text: str) -> str:
    return quote_plus(text, errors="surrogatepass")
