"""Signed webhooks with any content, and any content without a signature."""

import base64
import hmac
import json
from typing import Any
from uuid import UUID

import httpx
from hypothesis import strategies as st

from core import clock, db
from core.people import webhooks
from loyalty.intake.events import DATA
from tests.access.conftest import fingerprint
from tests.access.everything import Everything
from tests.chaos.world import World
from tests.fuzz.examples import examples
from tests.fuzz.tally import Tally
from tests.fuzz.values import JSON, ODD_BYTES, ODD_TEXTS

TYPES = (*DATA, "review.created", "review.updated", "review.deleted", "message.received", "custom.x")
DATA_FIELDS = (
    *("customer_id", "email", "name", "locale", "birthday", "accepts_terms", "order_id", "store_id"),
    *(
        "currency",
        "amount_minor",
        "lines",
        "refund_id",
        "into_customer_id",
        "source",
        "external_id",
        "rating",
    ),
    *("written_at", "edited_at", "body", "title", "text", "case", "scale_min", "scale_max", "photo_urls"),
)
TIMES = st.sampled_from(["2026-01-02T03:04:05Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"])
USUAL = st.sampled_from([1, 0, -1, 5, 10**18, "c1", "main", "USD", "o1", True, "2026-01-02T03:04:05Z"])
EVENTS: st.SearchStrategy[bytes] = st.fixed_dictionaries(
    {
        "id": ODD_TEXTS,
        "source": st.one_of(st.just("shop"), ODD_TEXTS),
        "type": st.one_of(st.sampled_from(TYPES), ODD_TEXTS),
        "time": st.one_of(TIMES, TIMES, ODD_TEXTS),
        "data": st.dictionaries(st.sampled_from(DATA_FIELDS), st.one_of(USUAL, USUAL, JSON), max_size=8),
    }
).map(lambda event: json.dumps(event).encode())
BODIES = st.one_of(EVENTS, EVENTS, EVENTS, JSON.map(lambda value: json.dumps(value).encode()), ODD_BYTES)

HEADERS = (
    "From",
    "To",
    "Subject",
    "Message-ID",
    "In-Reply-To",
    "Date",
    "Content-Type",
    "Auto-Submitted",
    "X",
)
CONTENT = st.sampled_from(
    [
        *("text/plain; charset=utf-7", "text/html; charset=nonsense", "multipart/mixed; boundary=x"),
        *("multipart/mixed", "message/rfc822", "text/plain; charset=gb18030", "text/plain; name*=utf-8''%ff"),
    ]
)


def _mail(parts: tuple[dict[str, str], bytes]) -> bytes:
    headers, body = parts
    lines = [f"{name}: {value}".encode(errors="replace") for name, value in headers.items()]
    return b"\r\n".join([*lines, b"", body])


RAW_MAILS = st.tuples(
    st.dictionaries(st.sampled_from(HEADERS), st.one_of(ODD_TEXTS, CONTENT), max_size=8),
    st.one_of(ODD_BYTES, st.just(b"--x\r\nContent-Type: text/plain\r\n\r\nhi\r\n--x--")),
).map(_mail)
POSTED_MAILS = st.fixed_dictionaries(
    {},
    optional={
        "raw_base64": st.one_of(ODD_TEXTS, RAW_MAILS.map(lambda raw: base64.b64encode(raw).decode())),
        "from": ODD_TEXTS,
        "to": st.one_of(ODD_TEXTS, st.lists(ODD_TEXTS, max_size=3)),
        "subject": ODD_TEXTS,
        "text": ODD_TEXTS,
        "html": ODD_TEXTS,
        "headers": st.dictionaries(st.one_of(st.sampled_from(HEADERS), ODD_TEXTS), ODD_TEXTS, max_size=4),
    },
).map(lambda mail: json.dumps(mail).encode())


async def source_of(merchant: UUID) -> webhooks.Source:
    async with db.transaction(merchant):
        return await webhooks.create("fuzz", clock.now())


def signed(source: webhooks.Source, body: bytes, content_type: str) -> dict[str, str]:
    """The headers of Standard Webhooks, whose own library signs nothing that is no text."""
    at = str(int(clock.now().timestamp()))
    secret = base64.b64decode(source.secret.removeprefix("whsec_"))
    signature = hmac.digest(secret, f"msg_1.{at}.".encode() + body, "sha256")
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
        "content-type": content_type,
    }


async def post(
    client: httpx.AsyncClient, tally: Tally, path: str, body: bytes, headers: Any
) -> httpx.Response:
    request = client.build_request("POST", path, content=body, headers=headers)
    answer = await client.send(request)
    tally.note(path.rpartition("/")[0], request, answer)
    return answer


async def test_signed_events_are_answered(
    world: World, client: httpx.AsyncClient, tally: Tally, theirs: Everything
) -> None:
    source = await source_of(world.merchant)
    for body in examples(BODIES, 120, "events"):
        headers = signed(source, body, "application/json")
        await post(client, tally, f"/webhooks/in/{source.id}", body, headers)


async def test_signed_mails_are_answered(
    world: World, client: httpx.AsyncClient, tally: Tally, theirs: Everything
) -> None:
    source = await source_of(world.merchant)
    path = f"/webhooks/mail/{source.id}"
    for body in examples(st.one_of(RAW_MAILS, ODD_BYTES), 80, "mails"):
        await post(client, tally, path, body, signed(source, body, "message/rfc822"))
    for body in examples(st.one_of(POSTED_MAILS, JSON.map(lambda v: json.dumps(v).encode())), 80, "posted"):
        await post(client, tally, path, body, signed(source, body, "application/json"))


async def test_what_nobody_signed_changes_nothing(
    world: World, client: httpx.AsyncClient, tally: Tally, theirs: Everything
) -> None:
    source = await source_of(world.merchant)
    before = (await fingerprint(world.merchant), await fingerprint(theirs.merchant))
    other = signed(source, b"other", "application/json")
    paths = (f"/webhooks/in/{source.id}", f"/webhooks/mail/{source.id}", f"/webhooks/reviews/{source.id}")
    for body in examples(st.one_of(BODIES, RAW_MAILS), 20, "unsigned"):
        for path in paths:
            for headers in ({}, other, {"webhook-signature": "v1,ä", "webhook-timestamp": "1e9"}):
                sent = {name: value.encode() for name, value in headers.items()}
                answer = await post(client, tally, path, body, sent)
                if answer.is_success:
                    tally.fault("changes_by_denied_calls", f"taken without a signature: {path}")
    if (await fingerprint(world.merchant), await fingerprint(theirs.merchant)) != before:
        tally.fault("changes_by_denied_calls", "rows were changed by webhooks that nobody signed")
