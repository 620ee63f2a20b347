"""Reviews by webhook: signed events that say all, and hints of sources that say where to look."""

import base64
import hashlib
import hmac
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from core import clock, db
from core.ids import new_id
from core.people import webhooks
from reviews.accounts import hints, service
from reviews.moderation import service as moderation
from tests.http.conftest import rows
from tests.http.test_errors import problem
from tests.http.test_signin import new_staff
from tests.http.test_webhooks import deliver, signed

REVIEW = {
    "source": "shop_reviews",
    "external_id": "r1",
    "written_at": "2026-01-02T03:04:05Z",
    "rating": 2,
    "body": "Too small",
}


def event(kind: str, data: dict[str, Any], **more: Any) -> bytes:
    told = {"id": str(new_id()), "source": "shop", "type": kind, "time": "2026-01-03T00:00:00Z", "data": data}
    return msgspec.json.encode(told | more)


@pytest.fixture
async def source(merchant: UUID) -> webhooks.Source:
    async with db.transaction(merchant):
        return await webhooks.create("shop system", clock.now())


async def state(merchant: UUID) -> list[tuple[Any, ...]]:
    async with db.transaction(merchant):
        found = await db.fetch(
            "SELECT external_id, version, state, rating_norm::text FROM reviews ORDER BY 1"
        )
    return [tuple(row) for row in found]


async def test_replay_of_any_review_event_changes_nothing(
    client: httpx.AsyncClient, merchant: UUID, source: webhooks.Source
) -> None:
    changed = REVIEW | {"body": "Too small, still", "edited_at": "2026-01-02T10:00:00Z"}
    gone = {"source": "shop_reviews", "external_id": "r1"}
    told = [event("review.created", REVIEW), event("review.updated", changed), event("review.deleted", gone)]
    for body, after in zip(told, ["live", "live", "tombstone"], strict=True):
        answer = await deliver(client, source, body, signed(source, body))
        assert (answer.status_code, answer.json()["status"]) == (200, "applied")
        assert (await state(merchant))[0][2] == after
    whole = await state(merchant)
    assert whole == [("r1", 2, "tombstone", "2.0000")]
    for body in [*reversed(told), *told]:
        answer = await deliver(client, source, body, signed(source, body))
        assert (answer.status_code, answer.json()["status"]) == (200, "duplicate")
    assert await state(merchant) == whole
    assert await rows(merchant, "review_versions") == 2


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("review.created", {"source": "x"}, "event_data_invalid"),
        ("review.created", REVIEW | {"unknown": 1}, "event_data_invalid"),
        ("review.created", REVIEW | {"rating": 9}, "review_invalid"),
        ("review.deleted", {"external_id": "r1"}, "event_data_invalid"),
        (
            "review.deleted",
            {"source": "x", "external_id": "1", "removed_at": "2199-01-01T00:00:00Z"},
            "review_invalid",
        ),
        ("review.liked", REVIEW, "event_type_unknown"),
    ],
)
async def test_what_is_no_review_changes_nothing(
    client: httpx.AsyncClient,
    merchant: UUID,
    source: webhooks.Source,
    kind: str,
    data: dict[str, Any],
    code: str,
) -> None:
    body = event(kind, data)
    problem(await deliver(client, source, body, signed(source, body)), 422, code)
    assert await state(merchant) == []


async def test_a_marketplace_takes_no_review_away_by_webhook(
    client: httpx.AsyncClient, merchant: UUID, source: webhooks.Source
) -> None:
    ours = {"source": "first_party", "external_id": "r1"}
    body = event("review.created", REVIEW | ours)
    assert (await deliver(client, source, body, signed(source, body))).status_code == 200
    await new_staff(merchant, "owner")
    async with db.transaction(merchant):
        await moderation.set_profile("marketplace", await db.fetchval("SELECT id FROM staff"), clock.now())
    body = event("review.deleted", ours)
    problem(await deliver(client, source, body, signed(source, body)), 403, "deletion_disabled")
    assert (await state(merchant))[0][2] == "live"
    body = event("review.deleted", ours | {"by": "author"})
    assert (await deliver(client, source, body, signed(source, body))).json()["status"] == "applied"
    assert (await state(merchant))[0][2] == "tombstone"


# --- hints of sources ---------------------------------------------------------------------------------

TRUSTPILOT = {
    "business_unit": "507f191e810c19729de860ea",
    "api_key": "k",
    "api_secret": "s",
    "business_user": "u",
}
WOOCOMMERCE = {"url": "https://shop.example", "consumer_key": "ck", "consumer_secret": "cs"}
GOOGLE = {"location": "accounts/1/locations/2", "client_id": "c", "client_secret": "s", "refresh_token": "r"}


async def join(merchant: UUID, source: str, given: dict[str, str]) -> tuple[UUID, str]:
    async with db.transaction(merchant):
        account_id = await service.connect(source, "", given, clock.now())
        return account_id, service.hook_secret(await service.find(account_id))


async def hinted(merchant: UUID) -> list[str]:
    async with db.transaction(merchant):
        found = await db.fetch(
            "SELECT payload ->> 'review' FROM outbox WHERE topic = $1 ORDER BY id", hints.TOPIC
        )
    return [row[0] for row in found]


def of_trustpilot(*ids: str, name: str = "service-review-created") -> bytes:
    """https://support.trustpilot.com: the example of `How to set up Trustpilot Webhooks`."""
    events = [{"eventName": name, "version": "1", "eventData": {"id": each, "stars": 5}} for each in ids]
    return msgspec.json.encode({"events": events})


async def test_trustpilot_is_known_by_the_secret_in_its_address(
    client: httpx.AsyncClient, merchant: UUID
) -> None:
    account_id, secret = await join(merchant, "trustpilot", TRUSTPILOT)
    path = f"/webhooks/reviews/{account_id}"
    body = of_trustpilot("53bffd360000640002975387", "a1", "a1")
    for wrong in ("", "?token=", "?token=wrong", f"?token={secret}x"):
        problem(await client.post(path + wrong, content=body), 401, "webhook_signature_invalid")
    assert await hinted(merchant) == []
    answer = await client.post(f"{path}?token={secret}", content=body)
    assert (answer.status_code, answer.json()) == (200, {"reviews": 2})
    assert await hinted(merchant) == ["53bffd360000640002975387", "a1"]
    assert await rows(merchant, "reviews") == 0


@pytest.mark.parametrize(
    "body",
    [
        of_trustpilot("x", name="product-review-created"),
        of_trustpilot("../../private", "a/b", ""),
        b"no json",
        b"[]",
        b'{"events": [{"eventName": 5}]}',
        b"",
    ],
)
async def test_what_hints_at_nothing_is_taken_and_forgotten(
    client: httpx.AsyncClient, merchant: UUID, body: bytes
) -> None:
    account_id, secret = await join(merchant, "trustpilot", TRUSTPILOT)
    answer = await client.post(f"/webhooks/reviews/{account_id}?token={secret}", content=body)
    assert (answer.status_code, answer.json()) == (200, {"reviews": 0})
    assert await hinted(merchant) == []


async def test_woocommerce_signs_the_raw_body(client: httpx.AsyncClient, merchant: UUID) -> None:
    account_id, secret = await join(merchant, "woocommerce", WOOCOMMERCE)
    path = f"/webhooks/reviews/{account_id}"
    bodies = {
        b'{"id": 22, "review": "<p>Nice</p>", "rating": 5}': "22",
        b'{"action": "woocommerce_rest_insert_product_review", "arg": {"comment_ID": "23"}}': "23",
        b'{"action": "woocommerce_review_posted", "arg": 24}': "24",
    }
    for body in bodies:
        signature = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
        headers = {"X-WC-Webhook-Signature": signature, "X-WC-Webhook-Topic": "action.x"}
        assert (await client.post(path, content=body, headers=headers)).json() == {"reviews": 1}
        problem(
            await client.post(path, content=body + b" ", headers=headers), 401, "webhook_signature_invalid"
        )
        problem(await client.post(path, content=body), 401, "webhook_signature_invalid")
    assert await hinted(merchant) == list(bodies.values())
    ping = await client.post(path, content=b"webhook_id=7")
    assert (ping.status_code, ping.json()) == (200, {"reviews": 0})


async def test_an_account_that_takes_no_hints_is_not_told_from_none(
    client: httpx.AsyncClient, merchant: UUID
) -> None:
    account_id, secret = await join(merchant, "google", GOOGLE)
    for unknown in (account_id, new_id()):
        answer = await client.post(f"/webhooks/reviews/{unknown}?token={secret}", content=of_trustpilot("a"))
        problem(answer, 401, "webhook_signature_invalid")
    other, secret = await join(merchant, "trustpilot", TRUSTPILOT)
    async with db.transaction(merchant):
        await service.disconnect(other)
    answer = await client.post(f"/webhooks/reviews/{other}?token={secret}", content=of_trustpilot("a"))
    problem(answer, 401, "webhook_signature_invalid")
    assert await hinted(merchant) == []
