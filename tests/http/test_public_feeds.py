"""Feeds: as their takers document them, complete, in parts, streamed, without what is private."""

import csv
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from uuid import UUID
from xml.etree.ElementTree import Element, fromstring

import httpx
import pytest

from api.app import create_app
from api.public import router
from core import db
from core.embedded import Services
from reviews.publishing import feeds
from reviews.publishing import service as publishing
from reviews.publishing.service import PublicShop
from tests.fixtures.reviews.shop import DAY, NOW, customer, order, take_in, value
from tests.fixtures.reviews.shop import moved as review
from tests.http.conftest import _transport

# The order of elements in Google's schema 2.4; a review has those with a star.
ORDER = (
    *("review_id*", "reviewer*", "is_verified_purchase", "is_incentivized_review", "review_timestamp*"),
    *("title", "content*", "review_language", "review_country", "pros", "cons", "review_url*"),
    *("reviewer_images", "ratings*", "products*", "is_spam", "collection_method", "transaction_id"),
)
HOSTILE = "<b>&amp; ]]> \x0b 好 \U0001f600 '\""


@pytest.fixture
async def public(database: Services) -> AsyncIterator[httpx.AsyncClient]:
    """A fetcher of feeds."""
    async with httpx.AsyncClient(
        transport=_transport(create_app(router)), base_url="http://x.test"
    ) as client:
        yield client


@pytest.fixture
async def shop(merchant: UUID) -> PublicShop:
    """The merchant, which has told where its products are shown."""
    async with db.transaction(merchant):
        await publishing.keep_product_url("https://shop.example/p/{sku}?a=1&b=2", NOW)
    return await publishing.shop(str(await value(merchant, "SELECT code FROM merchants")))


def _assert_as_documented(each: Element) -> None:
    names = [child.tag for child in each]
    known = [name.rstrip("*") for name in ORDER]
    assert [name for name in known if name in names] == names
    assert {name[:-1] for name in ORDER if name.endswith("*")} <= set(names)
    overall = each.find("ratings/overall")
    assert overall is not None and (overall.get("min"), overall.get("max")) == ("1", "5")
    link = each.find("review_url")
    assert link is not None and link.get("type") in ("singleton", "group")
    assert each.findtext("products/product/product_url") and each.findtext("content")
    assert each.findtext("products/product/product_ids/skus/sku")


async def test_the_feed_for_google(public: httpx.AsyncClient, merchant: UUID, shop: PublicShop) -> None:
    buyer = await customer(merchant, "c-secret", email="ana@secret.test")
    await order(merchant, buyer, "o-secret", "la/mp", NOW - 400 * DAY)
    await take_in(
        merchant,
        review(
            "full-secret", title=HOSTILE, body=HOSTILE, author="Ana S.", product_sku="la/mp", lang="en",
            product_name="Lamp & co", customer="c-secret", order="o-secret", incentivised=True,
            solicited=True, photo_urls=("https://p.test/1.jpg?a=1&b=2",),
        ),
        review("anonymous", product_sku="desk", rating=Decimal(88), scale_min=Decimal(0),
               scale_max=Decimal(100)),
        review("of the shop"),
        review("mute", product_sku="desk", body=""),
        review("no stars", product_sku="desk", rating=None),
        review("hidden", product_sku="desk", hidden=True),
        review("elsewhere", product_sku="desk", source="trustpilot"),
    )  # fmt: skip
    answer = await public.get(f"/public/{shop.code}/feeds/google_product.xml")
    assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    assert "secret" not in answer.text
    document = fromstring(answer.content)
    assert [child.tag for child in document] == ["version", "publisher", "reviews"]
    assert (document.findtext("version"), document.findtext("publisher/name")) == ("2.4", "Shop")
    full, anonymous = document.findall("reviews/review")
    for each in (full, anonymous):
        _assert_as_documented(each)
    assert full.findtext("content") == "<b>& ]]>  好 \U0001f600 '\""
    assert full.findtext("is_verified_purchase") == full.findtext("is_incentivized_review") == "true"
    assert full.findtext("collection_method") == "post_fulfillment"
    assert full.findtext("review_url") == "https://shop.example/p/la%2Fmp?a=1&b=2"
    assert full.findtext("reviewer_images/reviewer_image/url") == "https://p.test/1.jpg?a=1&b=2"
    name = anonymous.find("reviewer/name")
    assert name is not None and name.get("is_anonymous") == "true"
    assert anonymous.findtext("ratings/overall") == "4.52"


async def test_the_feed_for_meta(public: httpx.AsyncClient, merchant: UUID, shop: PublicShop) -> None:
    await take_in(merchant, review("x", body="=1+1", author="Ana", product_sku="lamp", incentivised=True))
    answer = await public.get(f"/public/{shop.code}/feeds/meta.csv")
    (row,) = csv.DictReader(answer.text.splitlines())
    assert (row["rating"], row["incentivized"], row["has_verified_purchase"]) == ("3", "true", "false")
    assert row["store.id"] == shop.code and row["store.storeUrls"] == "https://shop.example"
    assert row["content"] == "'=1+1"
    assert row["reviewID"] == str(await value(merchant, "SELECT id FROM reviews"))


async def test_without_an_address_of_products_there_is_no_feed(
    public: httpx.AsyncClient, merchant: UUID
) -> None:
    code = await value(merchant, "SELECT code FROM merchants")
    answer = await public.get(f"/public/{code}/feeds/google_product.xml")
    assert (answer.status_code, answer.json()["code"]) == (409, "product_url_missing")
    assert (await public.get(f"/public/{code}/feeds/yahoo.xml")).status_code == 404


FILL = """
    WITH made AS (
        INSERT INTO reviews (merchant_id, source, account, external_id, product_sku, rating_norm, written_at,
                             edited_at, received_at, version, state)
        SELECT $1, 'import', '', 'f' || n, 'lamp', 4, $3, $3, $3, 1, 'live' FROM generate_series(1, $2) n
        RETURNING id)
    INSERT INTO review_versions (merchant_id, review_id, number, fingerprint, title, body, lang, edited_at,
                                 received_at)
    SELECT $1, id, 1, 'x', '', repeat('<&>', $4), 'en', $3, $3 FROM made
"""


async def test_parts_are_within_the_limit_and_together_complete(
    public: httpx.AsyncClient, merchant: UUID, shop: PublicShop
) -> None:
    await value(merchant, FILL, merchant, 300, NOW, 300)
    feed = replace(feeds.FEEDS["google_product.xml"], limit_bytes=100_000)
    found = await feeds.parts(shop, feed)
    assert len(found) > 3
    ids: list[str] = []
    for part in found:
        document = b"".join([chunk async for chunk in feeds.stream(shop, feed, part)])
        assert len(document) <= feed.limit_bytes
        ids += [each.findtext("review_id", "") for each in fromstring(document).findall("reviews/review")]
    assert len(ids) == len(set(ids)) == 300
    parts = (await public.get(f"/public/{shop.code}/feeds/google_product.xml/parts")).json()["parts"]
    assert len(parts) == 1 and parts[0].endswith("google_product.xml?part=1")
    assert (await public.get(f"/public/{shop.code}/feeds/google_product.xml?part=2")).status_code == 404


async def test_a_feed_is_never_whole_in_memory(
    merchant: UUID, shop: PublicShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "BATCH", 50)
    await value(merchant, FILL, merchant, 1_000, NOW, 500)
    feed = feeds.FEEDS["google_product.xml"]
    size = reviews = 0
    tracemalloc.start()
    async for chunk in feeds.stream(shop, feed, feeds.Part(None, None)):
        size += len(chunk)
        reviews += chunk.count(b"<review>")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reviews == 1_000 and size > 6_000_000
    assert peak < size / 5
