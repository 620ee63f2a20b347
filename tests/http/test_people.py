"""People see what is kept of them, take it along, and end it; staff and programs do so for them."""

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from admin import operations
from api import portal
from api.app import App, create_app
from api.v1.people import v1_people
from core import clock, db
from core.embedded import Services
from core.people import customers, journal
from core.people import tasks as people_tasks
from core.settings import settings
from tests.http.conftest import Browser, _transport, new_key, rows, write
from tests.http.shop import enter_as_customer, enter_as_staff, form, member_with, open_shop

PATH = "/portal/profile"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(portal.router, operations.router, v1=(v1_people,))


@pytest.fixture
async def client(app: App) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=_transport(app), base_url="http://shop.test") as client:
        yield client


@pytest.fixture(autouse=True)
def own_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    ours = settings().model_copy(update={"erasure_journal": tmp_path / "erasures.ndjson"})
    monkeypatch.setattr(journal, "settings", lambda: ours)
    return tmp_path / "erasures.ndjson"


async def work_off(merchant: UUID) -> None:
    """What the worker does."""
    async with db.transaction(merchant):
        for row in await db.fetch(
            "SELECT topic, payload FROM outbox WHERE topic LIKE 'person.%' ORDER BY id"
        ):
            do = people_tasks.erase if row["topic"] == "person.erase" else people_tasks.make
            await do(db.from_json(row["payload"]), clock.now())
        await db.execute("DELETE FROM outbox WHERE topic LIKE 'person.%'")


async def profile(merchant: UUID, number: str) -> customers.Profile | None:
    async with db.transaction(merchant):
        id = await db.fetchval("SELECT id FROM customers WHERE external_id = $1", number)
        return await customers.find(id)


async def test_who_they_are_is_theirs_to_say(merchant: UUID, browser: Browser) -> None:
    shop = await open_shop(merchant)
    ada = await member_with(shop, 100)
    await enter_as_customer(browser, shop, ada)
    page = await browser.get(PATH)
    assert page.status_code == 200, page.text
    hidden = form(page.text, PATH)
    said = hidden | {"name": " Ada L. ", "locale": "zh-Hant", "month": "02", "day": "29"}
    answer = await browser.client.post(PATH, data=said)
    assert answer.headers["location"] == f"{PATH}?notice=saved"
    found = await profile(merchant, ada)
    assert found is not None
    assert (found.name, found.locale) == ("Ada L.", "zh-Hant")
    async with db.transaction(merchant):
        assert await customers.birthday(found.id) == "02-29"
    page = await browser.get(PATH)
    wrong = form(page.text, PATH) | {"name": "Ada", "locale": "en", "month": "02", "day": "30"}
    answer = await browser.client.post(PATH, data=wrong)
    assert answer.status_code == 422
    assert "There is no such day." in answer.text
    assert await profile(merchant, ada) == found


async def test_they_take_along_what_is_kept(merchant: UUID, browser: Browser) -> None:
    shop = await open_shop(merchant)
    ada, bob = await member_with(shop, 100, "c-ada"), await member_with(shop, 100, "c-bob")
    await enter_as_customer(browser, shop, ada)
    page = await browser.get(PATH)
    answer = await browser.client.post(f"{PATH}/export", data=form(page.text, f"{PATH}/export"))
    assert answer.status_code == 303
    assert "Is being made" in (await browser.get(PATH)).text
    await work_off(merchant)
    page = await browser.get(PATH)
    async with db.transaction(merchant):
        export = await db.fetchval("SELECT id FROM person_exports")
    assert f"{PATH}/exports/{export}" in page.text
    answer = await browser.get(f"{PATH}/exports/{export}")
    assert answer.headers["content-type"] == "application/zip"
    assert "no-store" in answer.headers["cache-control"]
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert b"c-ada" in archive.read("profile.json")
    assert b"c-bob" not in b"".join(archive.read(name) for name in archive.namelist())
    await enter_as_customer(browser, shop, bob)
    assert (await browser.get(f"{PATH}/exports/{export}")).status_code == 404


async def test_they_end_it_once_they_have_typed_who_they_are(
    merchant: UUID, browser: Browser, own_journal: Path
) -> None:
    shop = await open_shop(merchant)
    ada = await member_with(shop, 100, "c-ada")
    await enter_as_customer(browser, shop, ada)
    page = await browser.get(PATH)
    hidden = form(page.text, f"{PATH}/erase")
    answer = await browser.client.post(f"{PATH}/erase", data=hidden | {"confirm": "yes"})
    assert answer.status_code == 422
    assert "Nothing was deleted." in answer.text
    assert await rows(merchant, "erasures") == 0
    answer = await browser.client.post(f"{PATH}/erase", data=hidden | {"confirm": "C-Ada@example.test "})
    assert answer.status_code == 200, answer.text
    assert "Your profile is gone and you are signed out." in answer.text
    assert (await browser.get(PATH)).headers["location"].startswith("/portal/sign-in")
    assert await profile(merchant, ada) is None
    await work_off(merchant)
    assert len(journal.read(own_journal)[0]) == 1
    async with db.transaction(merchant):
        assert await db.fetchval("SELECT left_at IS NOT NULL FROM members")


async def test_staff_do_it_for_them_with_the_permission(merchant: UUID, browser: Browser) -> None:
    shop = await open_shop(merchant)
    await member_with(shop, 100, "c-ada")
    await enter_as_staff(browser, merchant, "owner")
    page = await browser.get("/staff/people?customer=c-ada")
    async with db.transaction(merchant):
        ada = await db.fetchval("SELECT id FROM customers")
    action = f"/staff/people/{ada}/erase"
    hidden = form(page.text, action)
    answer = await browser.client.post(action, data=hidden | {"confirm": "c-bob"})
    assert answer.status_code == 422
    assert await rows(merchant, "erasures") == 0
    hidden = form(answer.text, action)
    answer = await browser.client.post(action, data=hidden | {"confirm": "c-ada"})
    assert answer.status_code == 303, answer.text
    page = await browser.get("/staff/people")
    assert "c-ada" in page.text
    assert "Under way" in page.text
    assert "By staff" in page.text
    await work_off(merchant)
    assert "Under way" not in (await browser.get("/staff/people")).text
    assert (await browser.get(f"/staff/people?customer={ada}")).status_code == 200


async def test_programs_export_and_erase(merchant: UUID, client: httpx.AsyncClient) -> None:
    shop = await open_shop(merchant)
    await member_with(shop, 100, "c-ada")
    key = await new_key(merchant, "people:export", "people:erase")
    answer = await client.post("/v1/customers/c-ada/exports", headers=write(key))
    assert answer.status_code == 201, answer.text
    made = f"/v1/customers/c-ada/exports/{answer.json()['id']}"
    early = await client.get(f"{made}/archive", headers=key)
    assert (early.status_code, early.json()["code"]) == (409, "export_not_ready")
    await work_off(merchant)
    assert (await client.get(made, headers=key)).json()["ready_at"]
    archive = await client.get(f"{made}/archive", headers=key)
    assert zipfile.ZipFile(io.BytesIO(archive.content)).testzip() is None
    answer = await client.post("/v1/customers/c-ada/erasure", json={}, headers=write(key))
    assert answer.status_code == 201, answer.text
    assert (await client.get(made, headers=key)).status_code == 200, "until it is carried out"
    await work_off(merchant)
    assert (await client.get(made, headers=key)).status_code == 404
    nobody = await client.post("/v1/customers/nobody/erasure", json={}, headers=write(key))
    assert (nobody.status_code, nobody.json()["code"]) == (404, "not_found")
    answer = await client.post("/v1/customers/c-ada/exports", headers=write(key))
    assert answer.status_code == 404
