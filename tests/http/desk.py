"""A shop whose reviews are read and whose cases are worked on, over HTTP."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from admin import inbox
from api import portal
from api.app import App, create_app
from api.cookies import STAFF_SESSION
from api.v1.corrections import post_correction
from api.v1.reviews import v1_reviews
from api.v1.trends import list_trends
from core import clock, db
from core.ids import new_id
from core.outbox import work
from core.outbox.store import Item
from core.people import sessions, staff
from reviews.cases import tasks as case_tasks
from reviews.intake import tasks as intake_tasks
from reviews.intake.service import RECEIVED, SCORE, SCORE_BULK
from reviews.scoring import tasks as scoring_tasks
from tests.http.conftest import Browser, new_key, write
from tests.http.shop import Shop, form, member_with, open_shop, speak

MESSAGE_DUE = "case.message_due"
# Importing them registers their topics.
HANDLERS = (case_tasks, intake_tasks, scoring_tasks)

ANGRY = "Terrible quality. It broke on the first day and nobody answers my mails. I want my money back."
TABLES = (
    *("cases", "case_events", "case_messages", "case_remedies", "case_clocks", "reviews"),
    *("review_versions", "ledger_journal", "outbox", "mails", "idempotency_keys"),
)


def desk_app() -> App:
    """The application with what is about reviews."""
    return create_app(portal.router, inbox.router, v1=(v1_reviews, list_trends, post_correction))


@dataclass(frozen=True)
class Desk:
    """A shop with a member `ada` and an API key that may do everything with reviews."""

    shop: Shop
    key: dict[str, str]
    ada: str

    @property
    def merchant(self) -> UUID:
        return self.shop.merchant


async def open_desk(merchant: UUID) -> Desk:
    shop = await open_shop(merchant)
    key = await new_key(merchant, "reviews:write", "reviews:read")
    return Desk(shop, key, await member_with(shop, 100))


def a_review(external_id: str = "r1", **fields: Any) -> dict[str, Any]:
    """An angry first-party review, as the API takes it."""
    usual = {"source": "first_party", "written_at": "2026-01-05T10:00:00+01:00", "rating": 1, "body": ANGRY}
    return usual | {"external_id": external_id} | fields


async def send(client: httpx.AsyncClient, desk: Desk, body: Any) -> httpx.Response:
    return await client.post("/v1/reviews", json=body, headers=write(desk.key))


async def work_off(merchant: UUID, topic: str) -> int:
    """Do what waits in the outbox, as a worker does; answers how much it was.

    Before scoring, reviews that came together are queued one by one; scoring is that of imports, too.
    """
    if topic == SCORE:
        await work_off(merchant, RECEIVED)
    topics = (SCORE, SCORE_BULK) if topic == SCORE else (topic,)
    async with db.transaction(merchant):
        sql = "SELECT id, merchant_id, topic, attempts FROM outbox WHERE topic = ANY ($1)"
        rows = await db.fetch(sql, topics)
    await work.run([Item(**row) for row in rows])
    return len(rows)


async def open_case(client: httpx.AsyncClient, desk: Desk, external_id: str = "r1", **fields: Any) -> str:
    """An angry review of ada's, sent and scored by the real model; answers the id of its case."""
    fields = {"customer": desk.ada} | fields
    answer = await send(client, desk, a_review(external_id, **fields))
    assert answer.status_code == 200, answer.text
    await work_off(desk.merchant, SCORE)
    review_id = UUID(answer.json()["results"][0]["review_id"])
    async with db.transaction(desk.merchant):
        return str(await db.fetchval("SELECT id FROM cases WHERE review_id = $1", review_id))


async def hire(merchant: UUID, role: str = "agent", limit_points: int = 500, name: str = "Mina") -> UUID:
    async with db.transaction(merchant):
        return await staff.create(
            f"{new_id()}@example.test",
            name,
            role,
            "a good long password",
            clock.now(),
            goodwill_limit_points=limit_points,
        )


async def enter(browser: Browser, merchant: UUID, staff_id: UUID, locale: str = "en") -> None:
    async with db.transaction(merchant):
        token = await sessions.start(clock.now(), staff_id=staff_id)
    browser.client.cookies.set(STAFF_SESSION, token)
    speak(browser, locale)


def case_path(case_id: str, deed: str = "") -> str:
    return f"/staff/inbox/cases/{case_id}" + (f"/{deed}" if deed else "")


async def act(browser: Browser, case_id: str, deed: str, **typed: str) -> httpx.Response:
    """Fill in a form of the case's page and post it."""
    page = await browser.get(case_path(case_id))
    assert page.status_code == 200, page.text
    return await post(browser, case_id, deed, form(page.text, case_path(case_id, deed)) | typed)


async def post(browser: Browser, case_id: str, deed: str, fields: dict[str, str]) -> httpx.Response:
    """Post the fields, with the token of whoever is signed in now."""
    others = {name: value for name, value in fields.items() if name != "csrf_token"}
    return await browser.post(case_path(case_id, deed), others)


async def state(merchant: UUID) -> dict[str, str]:
    """A digest of everything that a deed could have changed, by table."""
    async with db.transaction(merchant):
        return {
            table: await db.fetchval(
                f"SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {table} t"
            )
            for table in TABLES
        }


async def case_row(merchant: UUID, case_id: str) -> db.Row:
    async with db.transaction(merchant):
        row = await db.fetchrow("SELECT * FROM cases WHERE id = $1", UUID(case_id))
    assert row is not None
    return row


async def value(merchant: UUID, sql: str, *args: Any) -> Any:
    async with db.transaction(merchant):
        return await db.fetchval(sql, *args)
