"""A customer with something delivered, and the form of a review."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from api import portal
from api.app import App, create_app
from api.v1.reviews import v1_reviews
from core import db
from loyalty.rules import model as m
from loyalty.rules import service as rules
from reviews.moderation import tasks as moderation_tasks
from tests.http.conftest import PAGE, Browser
from tests.http.desk import work_off
from tests.http.shop import Shop, delivered, form, joined, open_shop, send

JUDGE = "review.judge"
POINTS = 25
HANDLERS = (moderation_tasks,)


def writing_app() -> App:
    return create_app(portal.router, v1=(v1_reviews,))


@dataclass(frozen=True)
class Writer:
    """Ada, who was delivered a lamp and a rug in one order; reviews earn POINTS."""

    shop: Shop
    order: UUID
    customer: str = "ada"

    @property
    def merchant(self) -> UUID:
        return self.shop.merchant

    def path(self, line: str = "1") -> str:
        return f"/portal/reviews/write?order={self.order}&line={line}"


def bought(customer: str, order: str, shop: Shop, days_ago: float = 10) -> tuple[Any, ...]:
    """An order of a lamp and a rug, paid."""
    lines = [
        {"line_id": "1", "sku": "lamp", "name": "Lamp", "amount_minor": 3000},
        {"line_id": "2", "sku": "rug", "name": "Rug", "amount_minor": 7000},
    ]
    data = {"order_id": order, "store_id": "main", "customer_id": customer, "currency": "USD"}
    return "order.paid", shop.ago(days_ago), data | {"amount_minor": 10000, "lines": lines}


async def open_writer(merchant: UUID) -> Writer:
    shop = await open_shop(merchant)
    async with db.transaction(merchant):
        rule = m.Rule(trigger=m.Review(), effect=m.Fixed(points=POINTS))
        draft = await rules.create("review", "Review", rule, shop.ago(90))
        await rules.publish(draft.version_id, shop.ago(90))
    await send(shop, joined("ada", shop.ago(60)), bought("ada", "o1", shop), delivered("o1", shop.ago(5)))
    async with db.transaction(merchant):
        order = await db.fetchval("SELECT id FROM orders WHERE external_id = 'o1'")
    return Writer(shop, order)


async def fill_in(
    browser: Browser, path: str, files: tuple[bytes, ...] = (), keep: bool = True, **typed: str
) -> httpx.Response:
    """Open the form, fill it in and send it, as a browser without scripts does."""
    page = await browser.get(path)
    assert page.status_code == 200, page.text
    action = re.search(r'<form class="stack" method="post" action="([^"]+)"', page.text)
    assert action
    hidden = form(page.text, action[1])
    kept = re.findall(r'name="kept" value="([^"]+)"', page.text) if keep else []
    fields: dict[str, Any] = hidden | {"stars": "4", "text": "Warm light."} | typed | {"kept": kept}
    uploads = [("photos", (f"{n}.jpg", data, "image/jpeg")) for n, data in enumerate(files)]
    # A browser sends a nameless file where none was chosen, and the form is multipart all the same.
    uploads = uploads or [("photos", ("", b"", "application/octet-stream"))]
    target = action[1].replace("&amp;", "&")
    return await browser.client.post(target, data=fields, files=uploads, headers=PAGE)


async def judge(writer: Writer) -> int:
    """Let the worker do what waits."""
    return await work_off(writer.merchant, JUDGE)


async def value(writer: Writer, sql: str, *args: Any) -> Any:
    async with db.transaction(writer.merchant):
        return await db.fetchval(sql, *args)
