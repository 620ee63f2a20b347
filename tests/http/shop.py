"""A shop with a programme, made by events as a real one is, and people signed in to look at it."""

import html
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from admin import operations, studio
from api import portal
from api.app import App, create_app
from api.cookies import CUSTOMER_SESSION, LANGUAGE, STAFF_SESSION
from core import clock, db, tenancy
from core.ids import new_id
from core.people import sessions, staff
from loyalty.intake.events import Event
from loyalty.intake.service import ingest
from loyalty.programme import service as programme
from loyalty.programme.service import Setup
from loyalty.rewards import catalogue
from loyalty.rewards.kinds import Product
from loyalty.rewards.rules import Offer
from loyalty.tiers import service as tiers
from loyalty.tiers.rules import Tier
from tests.http.conftest import Browser

TIERS = (
    Tier(rank=0, code="bronze", name={"en": "Bronze", "zh-Hans": "青铜", "zh-Hant": "青銅"}, threshold=0),
    Tier(
        rank=1,
        code="silver",
        name={"en": "Silver", "zh-Hans": "白银", "zh-Hant": "白銀"},
        threshold=200,
        multiplier_percent=150,
    ),
    Tier(
        rank=2,
        code="gold",
        name={"en": "Gold", "zh-Hans": "黄金", "zh-Hant": "黃金"},
        threshold=500,
        multiplier_percent=200,
    ),
)


@dataclass(frozen=True)
class Shop:
    """One merchant's shop; `now` is when it was opened."""

    merchant: UUID
    now: datetime
    mug: UUID
    tea: UUID
    last: UUID
    """A reward of which there is one."""

    def ago(self, days: float) -> datetime:
        return self.now - timedelta(days=days)


def pages_app() -> App:
    """The application with the pages of Regulars."""
    return create_app(portal.router, studio.router, operations.router)


async def open_shop(merchant: UUID) -> Shop:
    """A programme (1 point a dollar, three tiers), a store, three rewards."""
    now = clock.now()
    async with db.transaction(merchant):
        await programme.create(Setup(tiers=TIERS, earn_rates={"USD": 100}), now - timedelta(days=300))
        await tenancy.create_store("main", {"en": "Main"}, "USD", "UTC")
        mug = await offer("mug", {"en": "Mug", "zh-Hans": "马克杯"}, {"en": "For tea"}, 100, now)
        tea = await offer("tea", {"en": "Tea evening"}, {"en": "For two"}, 5000, now, stock=4)
        last = await offer("last", {"en": "The last one"}, {"en": "Only one"}, 50, now, stock=1)
    return Shop(merchant, now, mug, tea, last)


async def offer(
    code: str,
    name: dict[str, str],
    description: dict[str, str],
    cost: int,
    now: datetime,
    stock: int | None = None,
) -> UUID:
    """Some goods for points."""
    wanted = Offer(name=name, description=description, terms=Product(sku=code), cost_points=cost)
    return await catalogue.offer(code, wanted, now, stock)


async def send(shop: Shop, *told: tuple[str, datetime, dict[str, Any]]) -> None:
    """Events (type, time, data), then everybody's tier."""
    events = [
        Event(id=str(new_id()), source="shop", type=kind, time=at, data=data) for kind, at, data in told
    ]
    async with db.transaction(shop.merchant):
        results = await ingest(events, clock.now())
        assert {result.status for result in results} <= {"applied"}, results
        await tiers.recalculate(None, "earned", clock.now())


def joined(customer: str, at: datetime, name: str = "Ada") -> tuple[str, datetime, dict[str, Any]]:
    data = {"customer_id": customer, "name": name, "email": f"{customer}@example.test", "accepts_terms": True}
    return "customer.created", at, data


def paid(customer: str, order: str, at: datetime, amount_minor: int) -> tuple[str, datetime, dict[str, Any]]:
    data = {"order_id": order, "store_id": "main", "customer_id": customer, "currency": "USD"}
    return "order.paid", at, data | {"amount_minor": amount_minor}


def delivered(order: str, at: datetime) -> tuple[str, datetime, dict[str, Any]]:
    return "order.delivered", at, {"order_id": order}


def refunded(order: str, at: datetime, amount_minor: int) -> tuple[str, datetime, dict[str, Any]]:
    return "order.refunded", at, {"order_id": order, "refund_id": f"r-{order}", "amount_minor": amount_minor}


async def member_with(shop: Shop, points: int, customer: str = "") -> str:
    """A new member with so many points to spend; their external id."""
    customer = customer or f"c-{secrets.token_hex(4)}"
    order = f"o-{customer}"
    await send(
        shop,
        joined(customer, shop.ago(60)),
        paid(customer, order, shop.ago(40), points * 100),
        delivered(order, shop.ago(30)),
    )
    return customer


async def enter_as_customer(browser: Browser, shop: Shop, customer: str, locale: str = "en") -> None:
    """Sign the browser in as a customer."""
    async with db.transaction(shop.merchant):
        customer_id = await db.fetchval("SELECT id FROM customers WHERE external_id = $1", customer)
        token = await sessions.start(clock.now(), customer_id=customer_id)
    browser.client.cookies.set(CUSTOMER_SESSION, token)
    speak(browser, locale)


async def enter_as_staff(browser: Browser, merchant: UUID, role: str, locale: str = "en") -> None:
    """Sign the browser in as one of the staff."""
    async with db.transaction(merchant):
        email = f"{secrets.token_hex(6)}@example.test"
        staff_id = await staff.create(email, "Mina", role, "a good long password", clock.now())
        token = await sessions.start(clock.now(), staff_id=staff_id)
    browser.client.cookies.set(STAFF_SESSION, token)
    speak(browser, locale)


def speak(browser: Browser, locale: str) -> None:
    """Choose the language, as the switch does."""
    if LANGUAGE in browser.client.cookies:
        browser.client.cookies.delete(LANGUAGE)
    browser.client.cookies.set(LANGUAGE, locale)


def form(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form on a page that posts to `action`."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.S)
    assert found, f"no form for {action}"
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found[1])
    return {name: html.unescape(value) for name, value in fields}


async def balance(shop: Shop, customer: str) -> tuple[int, int]:
    """Active and pending points of a member."""
    async with db.transaction(shop.merchant):
        row = await db.fetchrow(
            "SELECT a.points_active, a.points_pending FROM ledger_accounts a"
            " JOIN wallet_types w ON w.id = a.wallet_type_id AND w.code = 'points'"
            " JOIN members m ON m.id = a.member_id JOIN customers c ON c.id = m.customer_id"
            " WHERE c.external_id = $1",
            customer,
        )
    return (row["points_active"], row["points_pending"]) if row else (0, 0)
