"""The log as its readers see it, and that what staff post is in it."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest

from admin import operations, studio
from api.app import App, create_app
from api.v1.audit import v1_audit
from api.v1.transfers import v1_transfers
from core import db
from core.audit import reading
from core.audit.reading import Asked
from core.embedded import Services
from tests.http.conftest import Browser, _transport, new_key, write
from tests.http.shop import enter_as_staff, form, open_shop


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(studio.router, operations.router, v1=(v1_audit, v1_transfers))


@pytest.fixture
async def client(app: App) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=_transport(app), base_url="http://shop.test") as client:
        yield client


async def entries(merchant: UUID) -> list[reading.Entry]:
    async with db.transaction(merchant):
        return await reading.entries(Asked(), 100)


async def set_terms(merchant: UUID, client: httpx.AsyncClient, most: int) -> None:
    key = await new_key(merchant, "programme:write")
    terms = {"points_min": 1, "points_max": most, "points_per_day": most}
    answer = await client.put("/v1/transfer-terms", json={"terms": terms}, headers=write(key))
    assert answer.status_code == 200, answer.text


async def test_what_staff_post_is_in_the_log_and_on_the_page(merchant: UUID, browser: Browser) -> None:
    await open_shop(merchant)
    await enter_as_staff(browser, merchant, "owner")
    page = await browser.get("/staff/messages/settings")
    hidden = form(page.text, "/staff/messages/settings")
    typed = {"quiet_from": "21:00", "quiet_until": "08:00"}
    answer = await browser.client.post("/staff/messages/settings", data=hidden | typed)
    assert answer.status_code == 303, answer.text
    (entry,) = [each for each in await entries(merchant) if each.table_name == "notification_settings"]
    assert (entry.actor, entry.actor_name, entry.door) == ("staff", "Mina", "POST /staff/messages/settings")
    assert entry.after["quiet_from"] == "21:00:00"
    assert entry.address.startswith("test-")
    shown = await browser.get("/staff/audit")
    assert "Message settings" in shown.text
    assert "21:00:00" in shown.text
    table = await browser.get("/staff/audit/entries.csv?what=notification_settings")
    assert table.headers["content-type"].startswith("text/csv")
    lines = table.text.splitlines()
    assert lines[0].startswith("at,who,how")
    assert any("quiet from" in line and "21:00:00" in line for line in lines)


async def test_programs_read_it_page_by_page(merchant: UUID, client: httpx.AsyncClient) -> None:
    await open_shop(merchant)
    for most in (10, 20, 30):
        await set_terms(merchant, client, most)
    key = await new_key(merchant, "audit:read")
    seen, before = [], ""
    while True:
        answer = await client.get(f"/v1/audit-entries?table=transfer_terms&limit=2{before}", headers=key)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        seen += found["entries"]
        if found["next_before"] is None:
            break
        before = f"&before={found['next_before']}"
    assert [each["after"].get("points_max") for each in seen] == [30, 20, 10]
    assert [each["op"] for each in seen] == ["update", "update", "insert"]
    assert {each["actor"] for each in seen} == {"key"}
    assert seen[0]["before"]["points_max"] == 20


async def test_owner_and_auditor_read_it_and_nobody_else(merchant: UUID, browser: Browser) -> None:
    await open_shop(merchant)
    for role, status in (("owner", 200), ("auditor", 200), ("marketer", 403), ("agent", 403)):
        await enter_as_staff(browser, merchant, role)
        assert (await browser.get("/staff/audit")).status_code == status, role
        assert (await browser.get("/staff/audit/entries.csv")).status_code == status, role
