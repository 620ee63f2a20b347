"""Webhooks out by API and on the pages of staff: the deeds of a shop arrive, signed, at a real server."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from admin.serve import create
from api.app import App
from core import clock, db, logs
from core.celery_app import HANDLER_MODULES
from core.embedded import Services
from core.outbox import work
from core.outbox.store import Item
from core.webhooks import catalogue
from loyalty.members import service as members
from reviews.intake.model import IncomingReview
from reviews.intake.service import receive, remove
from tests.conftest import new_merchant
from tests.factories.receiver import Receiver, receiving
from tests.http.conftest import Browser, new_key, write
from tests.http.shop import enter_as_staff, form, joined, member_with, open_shop, send

PATH = "/v1/webhook-endpoints"
PAGES = "/staff/webhooks"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "configure", lambda *_: None)
        return create()


@pytest.fixture
async def there(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Receiver, str]]:
    async with receiving(monkeypatch) as found:
        yield found


async def work_off(merchant: UUID) -> None:
    """All that is due, as the workers do it."""
    for module in HANDLER_MODULES:
        __import__(module)
    for _ in range(10):
        async with db.transaction(merchant):
            due = await db.fetch(
                "SELECT id, merchant_id, topic, attempts FROM outbox WHERE available_at <= $1"
                " AND parked_at IS NULL AND topic NOT LIKE 'review.%'",
                clock.now(),
            )
        if not due:
            return
        await work.run([Item(**row) for row in due])
    raise AssertionError("the outbox does not get empty")


async def add(client: httpx.AsyncClient, key: dict[str, str], url: str, *types: str) -> dict[str, Any]:
    answer = await client.post(PATH, json={"url": url, "types": list(types)}, headers=write(key))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_what_happens_in_the_shop_is_told(
    client: httpx.AsyncClient, merchant: UUID, there: tuple[Receiver, str]
) -> None:
    receiver, url = there
    key = await new_key(merchant, "webhooks:read", "webhooks:write", "rewards:redeem")
    made = await add(client, key, url)
    secret = (await client.get(f"{PATH}/{made['id']}/secret", headers=key)).json()["secret"]
    shop = await open_shop(merchant)
    ada = await member_with(shop, 600)
    async with db.transaction(merchant):
        member = await members.find(ada)
    at = f"/v1/members/{ada}"
    bought = await client.post(f"{at}/redemptions", json={"reward": "mug"}, headers=write(key))
    used = await client.post(f"/v1/vouchers/{bought.json()['code']}/use", headers=write(key))
    again = await client.post(f"{at}/redemptions", json={"reward": "mug"}, headers=write(key))
    given_back = await client.post(f"{at}/vouchers/{again.json()['id']}/cancel", headers=write(key))
    assert (used.json()["state"], given_back.json()["state"]) == ("used", "cancelled")
    await work_off(merchant)
    told: dict[str, list[dict[str, Any]]] = {}
    for number in range(len(receiver.bodies)):
        body: Any = receiver.verified(secret, number)
        type_ = catalogue.find(body["type"])
        assert body["version"] == type_.version
        assert msgspec.convert(body["data"], type_.data).customer_id == ada  # type: ignore[attr-defined]
        told.setdefault(body["type"], []).append(body["data"])
    assert set(told) == {
        *("member.joined", "points.earned", "points.settled", "points.redeemed", "points.returned"),
        *("voucher.issued", "voucher.used", "voucher.cancelled", "tier.changed"),
    }
    assert [each["points_change"] for each in told["points.redeemed"]] == [-100, -100]
    assert told["points.returned"][0]["points_change"] == 100
    assert {each["code"] for each in told["voucher.issued"]} == {bought.json()["code"], again.json()["code"]}
    assert told["voucher.used"][0]["state"] == "used"
    assert told["tier.changed"][-1]["to_tier"] == "gold"
    assert {each["wallet"] for each in told["points.earned"]} == {"points", "qualifying"}
    assert member.external_id == ada


async def test_reviews_and_cases_are_told_without_their_author(
    client: httpx.AsyncClient, merchant: UUID, there: tuple[Receiver, str]
) -> None:
    receiver, url = there
    key = await new_key(merchant, "webhooks:read", "webhooks:write")
    await add(client, key, url)
    now = clock.now()
    review = IncomingReview(
        source="google",
        external_id="r-1",
        written_at=now,
        rating=Decimal(1),
        body="x" * 5000,
        author="Wang Fang",
    )
    async with db.transaction(merchant):
        await receive([review], now)
        assert await remove("google", "", "r-1", now)
    await work_off(merchant)
    bodies = [msgspec.json.decode(each) for each in receiver.bodies]
    assert {each["type"] for each in bodies} == {"review.received", "review.removed"}
    for each in bodies:
        assert len(each["data"]["body"]) == 2000 and each["data"]["body_complete"] is False
    assert b"Wang" not in b"".join(receiver.bodies)


async def test_an_endpoint_by_api(
    client: httpx.AsyncClient, merchant: UUID, there: tuple[Receiver, str]
) -> None:
    receiver, url = there
    key = await new_key(merchant, "webhooks:read", "webhooks:write")
    made = await add(client, key, url, "tier.changed")
    at = f"{PATH}/{made['id']}"
    assert (made["state"], made["types"]) == ("on", ["tier.changed"])
    before = (await client.get(f"{at}/secret", headers=key)).json()["secret"]
    turned = await client.post(f"{at}/rotate", json={"overlap_hours": 2}, headers=write(key))
    assert turned.json()["old_until"] is not None
    assert (await client.get(f"{at}/secret", headers=key)).json()["secret"] != before
    assert (await client.post(f"{at}/test", headers=write(key))).json() == {"deliveries": 1}
    await work_off(merchant)
    assert receiver.verified(before)["type"] == "webhook.test"
    listed = (await client.get("/v1/webhook-deliveries?state=delivered", headers=key)).json()
    [delivery] = listed["deliveries"]
    assert (delivery["type"], delivery["status"], listed["next_before"]) == ("webhook.test", 200, None)
    whole = (await client.get(f"/v1/webhook-deliveries/{delivery['id']}", headers=key)).json()
    assert whole["body"].encode() == receiver.bodies[0] and len(whole["attempts"]) == 1
    again = await client.post(f"/v1/webhook-deliveries/{delivery['id']}/resend", headers=write(key))
    assert again.json()["delivery"]["state"] == "queued"
    twice = await client.post(f"/v1/webhook-deliveries/{delivery['id']}/resend", headers=write(key))
    assert (twice.status_code, twice.json()["code"]) == (409, "webhook_delivery_under_way")
    off = await client.put(at, json={"url": url, "state": "off"}, headers=write(key))
    assert (off.json()["state"], off.json()["types"]) == ("off", [])
    await work_off(merchant)
    since = {"since": "2026-01-01T00:00:00Z"}
    refused = await client.post(f"{at}/replay", json=since, headers=write(key))
    assert (refused.status_code, refused.json()["code"]) == (409, "webhook_endpoint_off")
    await client.put(at, json={"url": url}, headers=write(key))
    assert (await client.post(f"{at}/replay", json=since, headers=write(key))).json() == {"deliveries": 1}
    await work_off(merchant)
    assert len(receiver.bodies) == 2
    assert (await client.get(PATH, headers=key)).json()["endpoints"][0]["delivered"] == 1
    assert (await client.delete(at, headers=write(key))).status_code == 200
    assert (await client.get(at, headers=key)).status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "http://shop.example"}, "address_refused"),
        ({"url": "https://127.0.0.1.nip.io", "types": ["points.lost"]}, "webhook_type_unknown"),
        ({"url": ""}, "invalid_request"),
        ({"url": "https://shop.example", "state": "disabled"}, "invalid_request"),
    ],
)
async def test_what_is_no_endpoint_is_refused(
    client: httpx.AsyncClient, merchant: UUID, body: dict[str, Any], code: str
) -> None:
    key = await new_key(merchant, "webhooks:read", "webhooks:write")
    answer = await client.post(PATH, json=body, headers=write(key))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await client.get(PATH, headers=key)).json() == {"endpoints": [], "next_after": None}


async def test_the_secret_is_in_no_answer_that_is_kept(
    client: httpx.AsyncClient, merchant: UUID, there: tuple[Receiver, str]
) -> None:
    key = await new_key(merchant, "webhooks:read", "webhooks:write")
    made = await add(client, key, there[1])
    await client.post(f"{PATH}/{made['id']}/rotate", json={}, headers=write(key))
    async with db.transaction(merchant):
        assert not await db.fetchval(
            "SELECT count(*) FROM idempotency_keys WHERE convert_from(body, 'UTF8') LIKE '%whsec_%'"
        )
    reader = await new_key(merchant, "webhooks:read")
    assert (await client.get(f"{PATH}/{made['id']}/secret", headers=reader)).status_code == 403


async def test_every_type_is_listed_with_an_example(client: httpx.AsyncClient, merchant: UUID) -> None:
    key = await new_key(merchant, "webhooks:read")
    types = (await client.get("/v1/webhook-types", headers=key)).json()["types"]
    assert [each["type"] for each in types] == list(catalogue.all_types())
    assert all(each["example"]["type"] == each["type"] for each in types)


async def test_staff_add_try_and_replay_on_the_pages(
    browser: Browser, merchant: UUID, there: tuple[Receiver, str]
) -> None:
    receiver, url = there
    await enter_as_staff(browser, merchant, "owner")
    page = (await browser.get(f"{PAGES}/new")).text
    hidden = form(page, f"{PAGES}/new")
    refused = await browser.post(f"{PAGES}/new", hidden | {"url": "http://10.0.0.1", "on": "on"})
    assert refused.status_code == 422 and "https://" in refused.text
    hidden = form((await browser.get(f"{PAGES}/new")).text, f"{PAGES}/new")
    said = {"url": url, "note": "The till", "on": "on", "type_tier.changed": "on"}
    made = await browser.post(f"{PAGES}/new", hidden | said)
    at = made.headers["location"].partition("?")[0]
    page = (await browser.get(at)).text
    assert "whsec_" in page and "The till" in page
    receiver.behaviours = [410]
    tried = await browser.post(f"{at}/test", form(page, f"{at}/test"))
    assert tried.status_code == 303
    await work_off(merchant)
    shown = (await browser.get(f"{PAGES}?only=failed")).text
    assert "webhook.test" in shown and "Switched off by us" in shown
    receiver.behaviours = [200]
    await browser.post(at, form(page, at) | said)
    page = (await browser.get(at)).text
    replayed = await browser.post(f"{at}/replay", form(page, f"{at}/replay") | {"since": "2026-01-01T00:00"})
    assert replayed.status_code == 303 and "again" in replayed.headers["location"]
    await work_off(merchant)
    assert len(receiver.bodies) == 2
    shown = (await browser.get(f"{PAGES}?only=delivered")).text
    [delivery] = {part.split('"')[0] for part in shown.split(f'href="{PAGES}/deliveries/')[1:]}
    one = (await browser.get(f"{PAGES}/deliveries/{delivery}")).text
    assert "answer 410" in one and "answer 200" in one and "It works." in one
    again = f"{PAGES}/deliveries/{delivery}/resend"
    assert (await browser.post(again, form(one, again))).status_code == 303
    gone = await browser.post(f"{at}/drop", form((await browser.get(at)).text, f"{at}/drop"))
    assert gone.status_code == 303
    assert (await browser.get(at)).status_code == 404


async def test_an_auditor_looks_and_no_secret_is_shown(
    browser: Browser, merchant: UUID, client: httpx.AsyncClient, there: tuple[Receiver, str]
) -> None:
    made = await add(client, await new_key(merchant, "webhooks:write"), there[1])
    await enter_as_staff(browser, merchant, "auditor")
    page = (await browser.get(f"{PAGES}/{made['id']}")).text
    assert "whsec_" not in page and "idempotency_key" not in page
    assert (await browser.get(f"{PAGES}/new")).status_code == 403
    await enter_as_staff(browser, await new_merchant(), "owner")
    assert (await browser.get(f"{PAGES}/{made['id']}")).status_code == 404


async def test_joining_by_an_import_is_no_news_but_by_event_it_is(
    client: httpx.AsyncClient, merchant: UUID, there: tuple[Receiver, str]
) -> None:
    receiver, url = there
    await add(client, await new_key(merchant, "webhooks:write"), url, "member.joined")
    shop = await open_shop(merchant)
    await send(shop, joined("bea", shop.ago(1)))
    await send(shop, joined("bea", shop.ago(1)))
    await work_off(merchant)
    [body] = [msgspec.json.decode(each) for each in receiver.bodies]
    assert body["data"]["customer_id"] == "bea"
