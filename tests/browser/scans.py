"""What tests of the scan page do and count again and again."""

from datetime import UTC, datetime

from playwright.sync_api import Locator, Page, Request
from sqlalchemy import func, select

from kernel.cities import City
from tests import build
from tests.build import Paper
from vouchers.models import Redemption, ScanAttempt


def paper(city: City) -> Paper:
    """Hand out a booklet today, as the browser knows it."""
    return build.handed_out(city, build.referrer(city), now=datetime.now(UTC))


def qr(city: City, booklet: Paper, cheque: int = 0) -> str:
    return f"{city.base_url}/c#{booklet.codes[cheque]}"


def typing(page: Page) -> Locator:
    page.goto("/scan")
    page.get_by_role("button", name="Typ de code").click()
    return page.get_by_label("Code van de cheque")


def posted(page: Page) -> list[Request]:
    posts: list[Request] = []
    page.on("request", lambda request: posts.append(request) if request.method == "POST" else None)
    return posts


def redemptions(city: City) -> int:
    """Count what is redeemed and not undone."""
    with build.at_work(city) as uow:
        live = select(func.count(Redemption.id)).where(Redemption.annulled_at.is_(None))
        return uow.session.scalars(live).one()


def attempts(city: City) -> int:
    with build.at_work(city) as uow:
        return uow.session.scalars(select(func.count(ScanAttempt.id))).one()
