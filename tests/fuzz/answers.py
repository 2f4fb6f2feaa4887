"""What every page must be, whatever was sent to it: a sentence, a way on, and nothing raw."""

from html.parser import HTMLParser

from werkzeug.test import TestResponse

from tests.fuzz.hostile import IMAGE, SCRIPT, SUM
from tests.web.people import words

FINE = {200, 302, 303, 304, 400, 403, 404, 409, 413, 415, 422, 429}
_RAW = (SCRIPT, IMAGE, "50337", "Traceback", "sqlalchemy", "werkzeug")  # 50337 is the sum, done


def check(answer: TestResponse, told: str) -> None:
    """Refuse an answer that is an error, that shows something raw, or that leaves one stranded."""
    assert answer.status_code in FINE, f"{told}: {answer.status_code}"
    assert "hostile=1" not in answer.headers.get("Set-Cookie", ""), told
    assert "evil.example" not in answer.headers.get("Location", "").partition("?")[0], told
    sent = answer.get_data()
    answer.close()
    if answer.mimetype != "text/html":
        return
    page = sent.decode()
    raw = [sign for sign in _RAW if sign in page and (sign != "50337" or SUM not in page)]
    assert raw == [], f"{told}: {raw}"
    if answer.status_code >= 400:
        assert "." in words(page), f"{told}: no sentence"
        if page.lstrip().startswith("<!doctype"):  # else a piece of a page that is there already
            assert '<html lang="' in page, told
            assert _Ways.on(page), f"{told}: no way on"


class _Ways(HTMLParser):
    """A link in the page itself, or a form."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = False
        self.found = 0

    @classmethod
    def on(cls, page: str) -> bool:
        reader = cls()
        reader.feed(page)
        return reader.found > 0

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.inside |= tag == "main"
        self.found += self.inside and tag in {"a", "form"}

    def handle_endtag(self, tag: str) -> None:
        self.inside &= tag != "main"
