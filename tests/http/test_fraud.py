"""Signals: from where reviews come, in which numbers, with whose words. They hold, and never delete."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from admin import moderation
from api import portal
from api.app import App, create_app
from api.portal.traces import DEVICE
from api.v1.reviews import v1_reviews
from core import clock, db
from core.embedded import Services
from core.ids import new_id
from reviews import similar
from reviews.fraud import service as fraud
from reviews.moderation import service as policy
from tests.http.conftest import Browser, new_key, rows, write
from tests.http.shop import delivered, enter_as_customer, enter_as_staff, joined, send
from tests.http.writer import Writer, bought, fill_in, judge, open_writer, value

SIGNALS = "SELECT array_agg(kind || ' ' || holds ORDER BY kind) FROM review_signals WHERE review_id = $1"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(portal.router, moderation.router, v1=(v1_reviews,))


@pytest.fixture
async def writer(merchant: UUID) -> Writer:
    return await open_writer(merchant)


async def path_for(writer: Writer, customer: str, email: str = "") -> str:
    """The form of a lamp that another customer was delivered."""
    kind, at, data = joined(customer, writer.shop.ago(60), customer)
    order = f"o-{customer}"
    told = (kind, at, data | ({"email": email} if email else {}))
    await send(writer.shop, told, bought(customer, order, writer.shop), delivered(order, writer.shop.ago(4)))
    order_id = await value(writer, "SELECT id FROM orders WHERE external_id = $1", order)
    return f"/portal/reviews/write?order={order_id}&line=1"


async def newest(writer: Writer) -> db.Row:
    async with db.transaction(writer.merchant):
        row = await db.fetchrow("SELECT id, moderation, state FROM reviews ORDER BY id DESC LIMIT 1")
    assert row
    return row


async def test_one_device_of_several_people_holds_the_third(browser: Browser, writer: Writer) -> None:
    found = []
    for name in ("p1", "p2", "p3"):
        path = await path_for(writer, name)
        await enter_as_customer(browser, writer.shop, name)
        await fill_in(browser, path, text=f"By {name}.")
        await judge(writer)
        row = await newest(writer)
        found.append((row["moderation"], await value(writer, SIGNALS, row["id"])))
    assert browser.client.cookies[DEVICE]
    assert found == [
        ("approved", None),
        ("approved", ["shared_device false"]),
        ("held", ["shared_device true"]),
    ]
    assert await value(writer, "SELECT count(*) FROM reviews WHERE state = 'live'") == 3
    await enter_as_staff(browser, writer.merchant, "agent")
    page = (await browser.get("/staff/moderation")).text
    assert "2 other customers have written from this device within a week." in page
    kept = await value(writer, "SELECT string_agg(t::text, ' ') FROM review_traces t")
    assert browser.client.cookies[DEVICE] not in kept and "example.test" not in kept


async def test_one_mailbox_behind_two_customers(browser: Browser, writer: Writer) -> None:
    for name, email in (("m1", "jo.doe@gmail.com"), ("m2", "JoDoe+2@googlemail.com")):
        path = await path_for(writer, name, email)
        await enter_as_customer(browser, writer.shop, name)
        browser.client.cookies.delete(DEVICE)
        await fill_in(browser, path, text=f"By {name}.")
        await judge(writer)
    row = await newest(writer)
    assert row["moderation"] == "held"
    assert "shared_mailbox true" in await value(writer, SIGNALS, row["id"])


async def test_traces_of_another_week_compare_with_nothing_and_are_deleted(
    browser: Browser, writer: Writer
) -> None:
    paths = {name: await path_for(writer, name) for name in ("w1", "w2")}
    await enter_as_customer(browser, writer.shop, "w1")
    await fill_in(browser, paths["w1"], text="One.")
    first = await rows(writer.merchant, "review_traces")
    later = clock.now() + timedelta(days=8)
    with clock.set_clock(lambda: later):
        await enter_as_customer(browser, writer.shop, "w2")
        await fill_in(browser, paths["w2"], text="Two.")
    await judge(writer)
    assert await rows(writer.merchant, "review_traces") == 2 * first == 6
    async with db.transaction(writer.merchant):
        await fraud.purge(later)
    assert await rows(writer.merchant, "review_traces") == 3
    assert await value(writer, SIGNALS, (await newest(writer))["id"]) is None


async def test_many_reviews_without_an_order_are_held_as_farming(
    client: httpx.AsyncClient, writer: Writer
) -> None:
    key = await new_key(writer.merchant, "reviews:write")
    at = clock.now()
    sent = [
        {"source": "first_party", "external_id": f"r{n}", "written_at": at.isoformat(), "rating": 5,
         "body": f"Number {n}.", "customer": "ada", "product_sku": f"unknown-{n}"}
        for n in range(4)
    ]  # fmt: skip
    for each in sent:
        await client.post("/v1/reviews", json=each, headers=write(key))
        await judge(writer)
    found = await value(writer, "SELECT array_agg(moderation ORDER BY id) FROM reviews")
    assert found == ["approved"] * 3 + ["held"]
    assert await value(writer, SIGNALS, (await newest(writer))["id"]) == ["reward_farming true"]


async def test_a_burst_against_its_own_rate_is_shown_and_holds_nothing(
    client: httpx.AsyncClient, writer: Writer
) -> None:
    key = await new_key(writer.merchant, "reviews:write")
    at = clock.now() - timedelta(hours=2)
    sent = [
        {"source": "google" if n else "first_party", "external_id": f"r{n}", "rating": 1 + n % 5,
         "written_at": (at - timedelta(minutes=n)).isoformat(), "body": f"Number {n}.", "product_sku": "lamp"}
        for n in range(9)
    ]  # fmt: skip
    answer = await client.post("/v1/reviews", json=sent, headers=write(key))
    assert answer.status_code == 200, answer.text
    await judge(writer)
    review = await value(writer, "SELECT id FROM reviews WHERE source = 'first_party'")
    assert await value(writer, SIGNALS, review) == ["burst false"]
    assert await value(writer, "SELECT moderation FROM reviews WHERE id = $1", review) == "approved"
    detail = await value(writer, "SELECT detail FROM review_signals")
    assert db.from_json(detail) == {"in_a_day": 9, "usual_a_day": 0.3}


async def embed(writer: Writer, review: UUID, first: float) -> None:
    """An embedding of length 1, as the scoring worker keeps it."""
    vector = [0.0] * similar.WIDTH
    vector[0], vector[1] = first, (1 - first**2) ** 0.5
    async with db.transaction(writer.merchant):
        await db.execute(
            "INSERT INTO review_embeddings (merchant_id, review_id, version, model, embedding)"
            " SELECT merchant_id, id, version, 'm', $2::text::vector FROM reviews WHERE id = $1",
            review,
            similar.vector(vector),
        )
        await policy.compare([review], clock.now())


@pytest.mark.parametrize(
    ("author", "first", "moderation"),
    [("n2", 0.999, "held"), ("n2", 0.9, "approved"), ("n1", 0.999, "approved")],
)
async def test_another_customers_words_but_for_a_few(
    browser: Browser, writer: Writer, author: str, first: float, moderation: str
) -> None:
    text = "This lamp lights the whole room and looks very good on my desk"
    path = await path_for(writer, "n1")
    other = await path_for(writer, "n2")
    await enter_as_customer(browser, writer.shop, "n1")
    await fill_in(browser, path, text=text)
    await judge(writer)
    await embed(writer, (await newest(writer))["id"], 1.0)
    if author == "n2":
        await enter_as_customer(browser, writer.shop, "n2")
        browser.client.cookies.delete(DEVICE)
    again = other if author == "n2" else path.replace("line=1", "line=2")
    await fill_in(browser, again, text=f"{text}, really")
    await judge(writer)
    row = await newest(writer)
    await embed(writer, row["id"], first)
    assert (await newest(writer))["moderation"] == moderation
    # Once a person has decided, it stays.
    if moderation == "held":
        staff = new_id()
        async with db.transaction(writer.merchant):
            await db.execute(
                "INSERT INTO staff (id, merchant_id, email, name, role, password_hash, created_at)"
                " VALUES ($1, current_merchant(), $2, 'Mo', 'agent', 'x', $3)",
                staff, f"{staff}@example.test", clock.now(),
            )  # fmt: skip
            await policy.decide(row["id"], 1, "approved", "passed", staff, clock.now())
            await policy.compare([row["id"]], clock.now())
        assert (await newest(writer))["moderation"] == "approved"


async def test_signals_are_on_record_for_good(browser: Browser, writer: Writer) -> None:
    path = await path_for(writer, "s1")
    await enter_as_customer(browser, writer.shop, "s1")
    await fill_in(browser, path)
    with pytest.raises(Exception, match="permission denied"):
        await value(writer, "DELETE FROM review_signals RETURNING id")
