"""Another merchant's ids open nothing: on every door, for those who may do everything at home."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from core.embedded import Services
from core.ids import new_id
from core.people.api_keys import SCOPES
from tests.access.bodies import body
from tests.access.conftest import fingerprint
from tests.access.doors import Door
from tests.access.everything import MARK, Everything, fill, remove
from tests.conftest import new_merchant
from tests.http.conftest import PAGE, Browser, new_key, write
from tests.http.shop import enter_as_customer, enter_as_staff, member_with, open_shop

OWNERS = {
    "account_id": "review_accounts",
    "adjustment_id": "adjustments",
    "case_id": "cases",
    "change_id": "changes",
    "customer": "customers.external_id",
    "customer_id": "customers.external_id",
    "delivery_id": "webhook_deliveries",
    "endpoint_id": "webhook_endpoints",
    "entry_id": "ledger_journal",
    "export_id": "person_exports",
    "hold_id": "ledger_holds.journal_id",
    "household_id": "households",
    "import_id": "review_imports",
    "inbound_id": "case_inbound_mails",
    "key": "stores",
    "key_id": "api_keys",
    "listed": "review_insiders",
    "mail_id": "mails",
    "member_id": "members",
    "message_id": "notifications",
    "opening_id": "opening_imports",
    "person_id": "customers",
    "photo_id": "review_photos",
    "picture_id": "case_pictures",
    "request_id": "case_remedy_requests",
    "review_id": "reviews",
    "reward_id": "rewards",
    "row_id": "outbox",
    "run_id": "backtests",
    "segment_id": "segments",
    "session_id": "sessions",
    "set_code": "tier_sets.code",
    "source_id": "webhook_sources",
    "staff_id": "staff",
    "team_id": "case_teams",
    "view_id": "case_views",
    "voucher_id": "vouchers",
}
"""The table of each name in a path, with its column where that is not `id`."""
FIXED = {"channel": "sms", "deed": "ask", "into": "reply", "role": "agent", "table": "stores"}
"""What is the same for everybody."""
CODES = {
    "achievements": "achievements.code",
    "articles": "knowledge_articles.code",
    "calendars": "case_calendars.code",
    "campaigns": "campaigns.code",
    "help": "knowledge_articles.code",
    "knowledge": "knowledge_articles.code",
    "policies": "case_policies.code",
    "pools": "code_pools.code",
    "reply-templates": "case_templates.code",
    "rewards": "rewards.code",
    "rules": "earning_rules.code",
    "segments": "segments.base",
    "targets": "case_policies.code",
    "teams": "case_teams",
    "templates": "case_templates.code",
    "vouchers": "vouchers.code",
    "wallets": "wallet_types.code",
}
"""The same for {code}, by what stands before it."""


@pytest.fixture
async def theirs(database: Services) -> AsyncIterator[Everything]:
    """A row of somebody else in every table."""
    admin = await asyncpg.connect(database.database_admin_url)
    everything = await fill(admin, await new_merchant())
    try:
        yield everything
    finally:
        await remove(admin, everything)
        await admin.close()


def address(door: Door, theirs: Everything, **own: str) -> str:
    """The door's path with their ids in it, but for what is our own."""

    parts = door.path.split("/")
    for at, part in enumerate(parts):
        if part.startswith("{"):
            name = part.strip("{}").partition(":")[0]
            parts[at] = (FIXED | own).get(name) or theirs_of(name, parts[at - 1], theirs)
    return "/".join(parts)


def theirs_of(name: str, before: str, theirs: Everything) -> str:
    """Their value for one place of a path."""
    if (name, before) == ("key_id", "handoff"):
        return str(theirs.rows["handoff_keys"]["id"])
    table, _, column = (CODES[before] if name == "code" else OWNERS[name]).partition(".")
    return str(theirs.rows[table][column or "id"])


async def ask(client: httpx.AsyncClient, door: Door, path: str, headers: dict[str, str]) -> httpx.Response:
    """Go through a door with a body that it can read."""
    more: dict[str, Any] = {}
    if door.method != "GET":
        data = body(door)
        if not door.is_program and data is not None and (not data or "idempotency_key" in data):
            data |= {"idempotency_key": str(new_id())}
        more = {"json": data} if door.is_program else {"data": data}
    headers = write(headers) if door.is_program else headers
    return await client.request(door.method, path, headers=headers, **more)


def leaks(answer: httpx.Response, path: str, ids: set[str]) -> set[str]:
    """What of theirs an answer names, but for what was asked for."""
    said = answer.text + str(answer.headers)
    return {found for found in (*ids, MARK) if found in said and found not in path}


OTHERWISE = {
    "GET /staff/backoffice/{table:str}": 200,
    "POST /staff/studio/tiers/members/{customer:str}/{set_code:str}/override": 422,
    "POST /staff/studio/tiers/members/{customer:str}/{set_code:str}/override/end": 303,
    "POST /staff/webhooks/{endpoint_id:uuid}/replay": 422,
    "PUT /v1/articles/{code:str}": 422,
    "PUT /v1/reply-templates/{code:str}": 422,
    "PUT /v1/cases/calendars/{code:str}": 422,
    "PUT /v1/cases/policies/{code:str}": 422,
    "PUT /v1/cases/teams/{team_id:uuid}": 422,
    "PUT /v1/webhook-endpoints/{endpoint_id:uuid}": 422,
    "POST /v1/remedies/requests/{request_id:uuid}/decide": 403,
}
"""Doors that answer on our member's own page or list, or would make something of ours under that code."""


ENDS = {"POST /v1/customers/{customer_id:str}/erasure"}
"""Doors that would end our own member, whom the others ask for: only theirs is tried."""

STREAMS = {"/staff/inbox/live"}
"""They have no end; tests/db/test_cases_news.py hears them."""


def expect_closed(door: Door, answer: httpx.Response) -> None:
    """There is no such thing for us."""
    assert answer.status_code in {404, OTHERWISE.get(str(door))}, (str(door), answer.text[:300])
    assert "notice" not in answer.headers.get("location", ""), str(door)


async def test_nothing_of_theirs_is_found(
    merchant: UUID, browser: Browser, every_door: list[Door], theirs: Everything
) -> None:
    shop = await open_shop(merchant)
    ours = {"customer_id": "bea", "customer": await member_with(shop, 500, "bea")}
    key = await new_key(merchant, *SCOPES)
    before, ids = await fingerprint(theirs.merchant), theirs.ids()
    for side in ("program", "owner", "customer"):
        if side == "owner":
            await enter_as_staff(browser, merchant, "owner")
        elif side == "customer":
            await enter_as_customer(browser, shop, "bea")
        headers = key if side == "program" else PAGE | {"x-csrf-token": await browser.token("/nowhere")}
        for door in (each for each in every_door if each.asks and side_of(each) == side):
            if door.path in STREAMS:
                continue
            own = {} if str(door) in ENDS else ours
            for path in sorted({address(door, theirs), address(door, theirs, **own)}):
                answer = await ask(browser.client, door, path, headers)
                assert leaks(answer, path, ids) == set(), str(door)
                if any(found in path for found in (*ids, MARK)):
                    expect_closed(door, answer)
    assert await fingerprint(theirs.merchant) == before


PERSONAL = (
    "case_id",
    "delivery_id",
    "export_id",
    "household_id",
    "message_id",
    "review_id",
    "session_id",
    "voucher_id",
)
"""What in a path of the portal is one customer's alone; the rest is everybody's of the shop."""
OTHERWISE_HERE = {"POST /reviews/{review_id:uuid}/edit": 422}
"""Doors that look at the form first."""


async def test_nothing_of_another_customer_is_found(
    database: Services, merchant: UUID, browser: Browser, every_door: list[Door]
) -> None:
    """The same shop's, so that no row-level security stands before it."""
    shop = await open_shop(merchant)
    await member_with(shop, 500, "bea")
    await enter_as_customer(browser, shop, "bea")
    headers = PAGE | {"x-csrf-token": await browser.token("/nowhere")}
    admin = await asyncpg.connect(database.database_admin_url)
    others = await fill(admin, merchant, {OWNERS[name].partition(".")[0] for name in PERSONAL})
    try:
        before, tried = await fingerprint(merchant), set()
        for door in every_door:
            names = {part.strip("{}").partition(":")[0] for part in door.path.split("/") if part[:1] == "{"}
            if door.asks == "customer" and names and names <= set(PERSONAL):
                path = address(door, others)
                answer = await ask(browser.client, door, path, headers)
                allowed = (404, OTHERWISE_HERE.get(str(door)))
                assert answer.status_code in allowed, (str(door), answer.text[:300])
                assert leaks(answer, path, others.ids()) == set(), str(door)
                tried |= names
        assert await fingerprint(merchant) == before
        assert {"case_id", "export_id", "review_id", "session_id", "voucher_id"} <= tried, tried
    finally:
        await remove(admin, others)
        await admin.close()


def side_of(door: Door) -> str:
    """Who has the key to it."""
    return "program" if door.is_program else "customer" if door.asks == "customer" else "owner"


async def test_no_statement_reaches_their_rows(
    database: Services, merchant: UUID, theirs: Everything
) -> None:
    ours = await asyncpg.connect(database.database_url)
    try:
        await ours.execute("SELECT set_config('app.merchant', $1, false)", str(merchant))
        before, whose = await fingerprint(theirs.merchant), f"WHERE merchant_id = '{theirs.merchant}'"
        for table in theirs.rows:
            for statement in (
                f"SELECT FROM {table} {whose}",
                f"UPDATE {table} SET merchant_id = '{merchant}' {whose}",
                f"DELETE FROM {table} {whose}",
            ):
                try:
                    done = await ours.execute(statement)
                except asyncpg.InsufficientPrivilegeError:
                    continue
                assert done.split()[-1] == "0", statement
        assert await fingerprint(theirs.merchant) == before
        assert len(before) > 80 and sum(rows for rows, _ in before.values()) >= len(before)
    finally:
        await ours.close()
