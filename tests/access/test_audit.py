"""What staff post is in the audit log: tried on every door that the application has."""

import re
from typing import Any
from uuid import UUID

import httpx

from core import db
from core.ids import new_id
from tests.access.bodies import body
from tests.access.conftest import fingerprint
from tests.access.doors import Door
from tests.access.test_foreign import FIXED
from tests.http.conftest import PAGE, Browser
from tests.http.shop import enter_as_staff, member_with, open_shop

# What a post leaves behind that is no deed: answers to repeat, and work for later.
BESIDE = ("idempotency_keys", "outbox", "audit_entries")


def told(door: Door) -> str:
    """As the log names it."""
    return re.sub(r":\w+}", "}", str(door))


async def entries(merchant: UUID, door: Door) -> int:
    async with db.transaction(merchant):
        return int(await db.fetchval("SELECT count(*) FROM audit_entries WHERE door = $1", told(door)))


async def state(merchant: UUID) -> dict[str, Any]:
    return {table: found for table, found in (await fingerprint(merchant)).items() if table not in BESIDE}


async def own(merchant: UUID) -> dict[str, str]:
    """Of the shop's own things one of each kind that paths name."""
    wanted = {
        "customer": "SELECT external_id FROM customers",
        "member_id": "SELECT id FROM members",
        "person_id": "SELECT id FROM customers",
        "reward_id": "SELECT id FROM rewards",
        "set_code": "SELECT code FROM tier_sets",
        "voucher_id": "SELECT id FROM vouchers",
    }
    async with db.transaction(merchant):
        found = {name: await db.fetchval(f"{sql} LIMIT 1") for name, sql in wanted.items()}
        codes = {
            "rewards": await db.fetchval("SELECT code FROM rewards LIMIT 1"),
            "wallets": await db.fetchval("SELECT code FROM wallet_types LIMIT 1"),
        }
    return {name: str(value) for name, value in (found | codes).items() if value}


def path_of(door: Door, ours: dict[str, str]) -> str:
    """The door's path with what the shop has; with a made-up id where it has none."""
    parts = door.path.split("/")
    for at, part in enumerate(parts):
        if part.startswith("{"):
            name, _, kind = part.strip("{}").partition(":")
            known = ours.get(parts[at - 1]) if name == "code" else (FIXED | ours).get(name)
            parts[at] = known or (str(UUID(int=7)) if kind == "uuid" else "x")
    return "/".join(parts)


async def post(client: httpx.AsyncClient, door: Door, path: str, headers: dict[str, str]) -> httpx.Response:
    data = body(door)
    form = {**(data if isinstance(data, dict) else {}), "idempotency_key": str(new_id())}
    return await client.request(door.method, path, data=form, headers=headers)


async def test_what_staff_change_by_any_door_is_in_the_log(
    merchant: UUID, browser: Browser, every_door: list[Door]
) -> None:
    """A door that changed a row has written who did it; each name in the log is that of a door."""
    shop = await open_shop(merchant)
    await member_with(shop, 500, "bea")
    await enter_as_staff(browser, merchant, "owner")
    headers = PAGE | {"x-csrf-token": await browser.token("/nowhere")}
    changed = set()
    for door in every_door:
        if door.method == "GET" or not door.path.startswith("/staff/") or not door.asks:
            continue
        before, ours = await state(merchant), await own(merchant)
        answer = await post(browser.client, door, path_of(door, ours), headers)
        assert answer.status_code < 500, (str(door), answer.text[:500])
        if await state(merchant) != before:
            changed.add(str(door))
            assert await entries(merchant, door), f"{door} changed something and is not in the log"
    assert len(changed) >= 5, changed
    async with db.transaction(merchant):
        named = {row["door"] for row in await db.fetch("SELECT DISTINCT door FROM audit_entries")}
    assert named <= {told(door) for door in every_door} | {""}
    assert not any(re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", name) for name in named), "a door has no ids"
