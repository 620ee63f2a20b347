"""What everybody may fetch: only published reviews, in any order, without a key, from any origin."""

import gzip
import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from api.app import create_app
from api.cookies import STAFF_SESSION
from api.public import pages, reading, router
from api.public.common import PER_ADDRESS
from api.public.widget import REVIEWS as SCRIPT
from core import clock, db
from core.embedded import Services
from core.ids import new_id
from core.people import sessions, staff, throttle
from reviews.pages import cursor
from reviews.publishing import jsonld
from reviews.publishing import service as publishing
from reviews.publishing.rules import POLICIES, Wanted
from tests.conftest import new_merchant
from tests.fixtures.reviews.shop import DAY, NOW, customer, order, rows, take_in, value
from tests.fixtures.reviews.shop import moved as review
from tests.http.conftest import PAGE, _transport

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"


@pytest.fixture
async def public(database: Services) -> AsyncIterator[httpx.AsyncClient]:
    """A visitor of the application's public part."""
    app = create_app(router, pages)
    async with httpx.AsyncClient(transport=_transport(app), base_url="http://shop.test") as client:
        yield client


@pytest.fixture
async def code(merchant: UUID) -> str:
    """The shop's word in public addresses."""
    return str(await value(merchant, "SELECT code FROM merchants"))


async def _filled(merchant: UUID) -> None:
    """Twelve published reviews of a lamp, with stars 1 to 5 in turn, each older than the one before."""
    buyer = await customer(merchant, "c1")
    await order(merchant, buyer, "o1", "lamp", NOW - 400 * DAY)
    told = [
        review(
            f"r{n}",
            rating=Decimal(n % 5 + 1),
            body=f"text {n}",
            product_sku="lamp",
            written_at=NOW - timedelta(days=n + 1),
            lang="zh-TW" if n == 3 else "en",
            customer="c1" if n == 4 else "",
            photo_urls=("https://pictures.test/1.jpg",) if n == 5 else (),
            incentivised=n == 6,
        )
        for n in range(12)
    ]
    await take_in(merchant, *told)


async def _ids(client: httpx.AsyncClient, code: str, **asked: Any) -> list[str]:
    """Texts of all pages, in order, three at a time."""
    found: list[str] = []
    query = {"product": "lamp", "limit": 3, **asked}
    while True:
        answer = await client.get(f"/public/{code}/reviews", params=query)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found += [each["body"].removeprefix("text ") for each in body["reviews"]]
        if body["next_after"] is None:
            return found
        query["after"] = body["next_after"]


async def test_orders_and_filters_over_all_pages(
    public: httpx.AsyncClient, merchant: UUID, code: str
) -> None:
    await _filled(merchant)
    every = [str(n) for n in range(12)]
    assert await _ids(public, code) == every
    by_stars = sorted(range(12), key=lambda n: (n % 5, n))
    assert await _ids(public, code, sort="lowest") == [str(n) for n in by_stars]
    falling = sorted(range(12), key=lambda n: (-(n % 5), n))
    assert await _ids(public, code, sort="highest") == [str(n) for n in falling]
    assert await _ids(public, code, stars=2) == ["1", "6", "11"]
    assert await _ids(public, code, stars=2, sort="lowest") == ["1", "6", "11"]
    assert await _ids(public, code, verified=True) == ["4"]
    assert await _ids(public, code, photos=True) == ["5"]
    assert await _ids(public, code, language="zh") == ["3"]
    assert await _ids(public, code, product="desk") == []


async def test_only_what_is_published_here_is_shown_and_counted(
    public: httpx.AsyncClient, merchant: UUID, code: str
) -> None:
    await take_in(
        merchant,
        review("shown", product_sku="lamp", rating=Decimal(4)),
        review("elsewhere", product_sku="lamp", source="trustpilot", rating=Decimal(1)),
        review("hidden", product_sku="lamp", source="import", hidden=True),
        review("of the shop"),
    )
    body = (await public.get(f"/public/{code}/reviews?product=lamp")).json()
    assert body["rating"] == {"reviews": 1, "ratings": 1, "mean": 4.0, "stars": [0, 0, 0, 1, 0]}
    assert len(body["reviews"]) == 1
    await value(merchant, "UPDATE reviews SET moderation = 'held' WHERE external_id = 'shown'")
    body = (await public.get(f"/public/{code}/reviews?product=lamp")).json()
    assert (body["reviews"], body["rating"]["reviews"]) == ([], 0)
    assert (await public.get(f"/public/{code}/reviews")).json()["rating"]["reviews"] == 1


async def test_nothing_of_the_author_but_the_name_that_is_shown(
    public: httpx.AsyncClient, merchant: UUID, code: str
) -> None:
    await customer(merchant, "c-secret", email="ana@secret.test", name="Ana Secret")
    written = review(
        author="Ana S.", customer="c-secret", email="ana@secret.test", product_sku="lamp", order="o-secret"
    )
    await take_in(merchant, written)
    answer = await public.get(f"/public/{code}/reviews?product=lamp")
    assert "secret" not in answer.text.lower()
    (shown,) = answer.json()["reviews"]
    assert shown["author"] == "Ana S."
    assert {"customer_id", "email", "order", "external_id"}.isdisjoint(shown)


async def test_personal_data_in_a_text_is_covered(
    public: httpx.AsyncClient, merchant: UUID, code: str
) -> None:
    told = review(body="Write to ana@secret.test please", author="Ana 13812345678", product_sku="lamp")
    await take_in(merchant, told)
    (shown,) = (await public.get(f"/public/{code}/reviews?product=lamp")).json()["reviews"]
    assert shown["body"] == "Write to ••••• please"
    assert shown["author"] == "Ana •••••"


async def test_pictures_that_are_kept_here(public: httpx.AsyncClient, merchant: UUID, code: str) -> None:
    (taken, other) = await take_in(
        merchant, review("a", product_sku="lamp"), review("b", product_sku="lamp", written_at=NOW - 8 * DAY)
    )
    add = (
        "INSERT INTO review_photos (merchant_id, review_id, first_version, last_version, width, height,"
        " image, small, added_at) VALUES ($1, $2, 1, $3, 1, 1, '', '', $4) RETURNING id"
    )
    picture = await value(merchant, add, merchant, taken.review_id, None, NOW)
    await value(merchant, add, merchant, other.review_id, 1, NOW)
    found = (await public.get(f"/public/{code}/reviews?product=lamp&photos=true")).json()["reviews"]
    (photo,) = found[0]["photos"]
    assert len(found) == 1 and photo["small_url"].endswith(f"/media/reviews/{picture}/small")


async def test_badges_are_told(public: httpx.AsyncClient, merchant: UUID, code: str) -> None:
    await _filled(merchant)
    shown = (await public.get(f"/public/{code}/reviews?product=lamp&limit=12")).json()
    assert [each["verified_by"] for each in shown["reviews"]].index("order") == 4
    assert [n for n, each in enumerate(shown["reviews"]) if each["incentivised"]] == [6]
    assert shown["verification"]["version"] == POLICIES[-1].version


async def test_scripts_of_any_origin_may_read_it_and_caches_may_keep_it(
    public: httpx.AsyncClient, merchant: UUID, code: str
) -> None:
    await _filled(merchant)
    path = f"/public/{code}/reviews?product=lamp"
    first = await public.get(path, headers={"origin": "https://shop.example"})
    assert first.headers["access-control-allow-origin"] == "*"
    assert "set-cookie" not in first.headers
    assert first.headers["cache-control"] == "public, max-age=60"
    again = await public.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await value(merchant, "UPDATE reviews SET reply = 'Thanks' WHERE external_id = 'r0'")
    changed = await public.get(path, headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == 200
    assert changed.json()["reviews"][0]["reply"] == "Thanks"


async def test_what_is_refused(public: httpx.AsyncClient, merchant: UUID, code: str) -> None:
    for path, status in (
        ("/public/nobodys/reviews", 404),
        (f"/public/{code}/reviews?stars=6", 422),
        (f"/public/{code}/reviews?limit=1000", 422),
        (f"/public/{code}/reviews?sort=best", 422),
        (f"/public/{code}/reviews?language=%27", 422),
        (f"/public/{code}/reviews?after=x", 422),
        (f"/public/{code}/reviews.jsonld?product=", 422),
    ):
        answer = await public.get(path)
        assert answer.status_code == status, (path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["access-control-allow-origin"] == "*"


async def test_a_made_up_cursor_makes_no_work(merchant: UUID) -> None:
    await take_in(merchant, review(product_sku="lamp"))
    async with db.transaction(merchant):
        await db.execute("SET LOCAL statement_timeout = '5s'")
        after = cursor([-2_000_000_000, NOW, new_id()])
        found = await publishing.page(Wanted("lamp", "lowest"), after)
    assert len(found.rows) == 1


async def test_whoever_asks_too_often_waits(
    public: httpx.AsyncClient, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PER_ADDRESS.attempts >= 100
    monkeypatch.setattr("api.public.common.shop_of.__defaults__", (throttle.Limit("public-test", 2, 60),))
    answers = [await public.get(f"/public/{code}/reviews") for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_a_shop_never_shows_anothers_reviews(
    public: httpx.AsyncClient, merchant: UUID, code: str
) -> None:
    other = await new_merchant()
    await take_in(other, review("theirs", product_sku="lamp", body="of another"))
    (theirs,) = await rows(other, "SELECT id FROM reviews")
    assert (await public.get(f"/public/{code}/reviews?product=lamp")).json()["reviews"] == []
    answer = await public.post(f"/public/{code}/reviews/{theirs[0]}/helpful")
    assert answer.status_code == 404
    assert await value(other, "SELECT count(*) FROM review_votes") == 0


# ---------------------------------------------------------------- votes


async def test_a_vote_counts_once_for_each_address(
    public: httpx.AsyncClient, merchant: UUID, code: str
) -> None:
    await _filled(merchant)
    ids = dict(await rows(merchant, "SELECT external_id, id FROM reviews"))
    path = f"/public/{code}/reviews/{ids['r7']}/helpful"
    assert [(await public.post(path)).json() for _ in range(2)] == [{"helpful": 1}] * 2
    async with db.transaction(merchant):
        assert await publishing.vote(ids["r7"], b"another", NOW) == 2
        assert await publishing.vote(ids["r2"], b"another", NOW) == 1
    assert (await _ids(public, code, sort="helpful"))[:4] == ["7", "2", "0", "1"]
    assert sorted(await _ids(public, code, sort="helpful")) == sorted(str(n) for n in range(12))
    assert await value(merchant, "SELECT count(*) FROM review_rating_deltas WHERE reviews < 1") == 0


async def test_a_household_has_one_vote_although_it_has_billions_of_addresses(
    database: Services, merchant: UUID, code: str
) -> None:
    await _filled(merchant)
    ids = dict(await rows(merchant, "SELECT external_id, id FROM reviews"))
    app, votes = create_app(router, pages), []
    for address in ("2001:db8:0:7::1", "2001:db8:0:7:2:3:4:5", "2001:db8:0:8::1", "192.0.2.7"):
        transport = httpx.ASGITransport(app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as visitor:
            answer = await visitor.post(f"/public/{code}/reviews/{ids['r7']}/helpful")
            votes.append(answer.json()["helpful"])
    assert votes == [1, 1, 2, 3]


async def test_what_is_not_shown_gets_no_vote(public: httpx.AsyncClient, merchant: UUID, code: str) -> None:
    (taken,) = await take_in(merchant, review(source="import", hidden=True))
    answer = await public.post(f"/public/{code}/reviews/{taken.review_id}/helpful")
    assert answer.status_code == 404
    assert await value(merchant, "SELECT count(*) FROM review_votes") == 0


# ---------------------------------------------------------------- structured data, statement, script


async def test_structured_data_of_a_product(public: httpx.AsyncClient, merchant: UUID, code: str) -> None:
    await _filled(merchant)
    await take_in(
        merchant, review("mute", rating=None, body=HOSTILE, product_sku="lamp", product_name="Lamp")
    )
    async with db.transaction(merchant):
        await publishing.keep_product_url("https://shop.example/p/{sku}", NOW)
    answer = await public.get(f"/public/{code}/reviews.jsonld?product=lamp")
    assert answer.headers["content-type"].startswith("application/ld+json")
    document = answer.json()
    assert (document["@type"], document["sku"], document["name"]) == ("Product", "lamp", "Lamp")
    assert document["url"] == "https://shop.example/p/lamp"
    whole = document["aggregateRating"]
    assert (whole["ratingCount"], whole["reviewCount"]) == (12, 13)
    assert whole["bestRating"] == 5 and whole["worstRating"] == 1 and 1 <= whole["ratingValue"] <= 5
    assert len(document["review"]) == 12
    for each in document["review"]:
        assert each["@type"] == "Review" and each["author"]["@type"] == "Person" and each["author"]["name"]
        assert each["reviewRating"]["bestRating"] == 5
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", each["datePublished"])


async def test_structured_data_cannot_end_its_element(merchant: UUID) -> None:
    await take_in(merchant, review(body=HOSTILE, author=HOSTILE[:60], product_sku="lamp"))
    async with db.transaction(merchant):
        page = await publishing.page(Wanted("lamp"))
        rating = await publishing.rating_of("lamp")
    document = jsonld.product("lamp", HOSTILE, "", rating, page.rows)
    inside = jsonld.script(document)
    assert "<" not in inside and ">" not in inside
    assert msgspec.json.decode(inside) == document


async def test_structured_data_cannot_end_the_element_that_a_shop_puts_it_into(
    public: httpx.AsyncClient, merchant: UUID, code: str
) -> None:
    await take_in(merchant, review(body=HOSTILE, author=HOSTILE[:60], product_sku="lamp"))
    answer = await public.get(f"/public/{code}/reviews.jsonld", params={"product": "lamp", "name": HOSTILE})
    assert "<" not in answer.text and ">" not in answer.text
    assert answer.json()["name"] == HOSTILE and answer.json()["review"][0]["reviewBody"] == HOSTILE


async def test_the_statement_on_verification_has_versions(public: httpx.AsyncClient, code: str) -> None:
    answer = await public.get(f"/shops/{code}/review-policy?version=1", headers=PAGE)
    assert answer.status_code == 200
    assert "Verified purchase" in answer.text and "cannot see its stars" in answer.text
    assert (await public.get(f"/shops/{code}/review-policy", headers=PAGE)).status_code == 200
    assert (await public.get(f"/shops/{code}/review-policy?version=99", headers=PAGE)).status_code == 404
    assert (await public.get("/shops/nobodys/review-policy", headers=PAGE)).status_code == 404


async def test_the_same_reviews_as_a_plain_page(
    public: httpx.AsyncClient, merchant: UUID, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _filled(merchant)
    monkeypatch.setattr(reading, "PAGE", 10)
    answer = await public.get(f"/shops/{code}/reviews?product=lamp", headers=PAGE)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
    assert answer.text.count("<article") == 10 and "text 0" in answer.text
    assert "<script>alert" not in answer.text and "12 reviews" in answer.text
    further = html.unescape(re.search(r'href="([^"]+)" rel="next"', answer.text)[1])  # type: ignore[index]
    rest = await public.get(further, headers=PAGE)
    assert rest.text.count("<article") == 2 and "text 11" in rest.text
    assert f'href="/shops/{code}/reviews?product=lamp"' in rest.text
    await value(merchant, "UPDATE reviews SET moderation = 'held'")
    gone = await public.get(further, headers=PAGE)
    assert f'href="/shops/{code}/reviews?product=lamp"' in gone.text and "No reviews yet" not in gone.text
    none = await public.get(f"/shops/{code}/reviews?product=kettle", headers=PAGE)
    assert none.status_code == 200 and "No reviews yet" in none.text
    assert (await public.get("/shops/nobodys/reviews", headers=PAGE)).status_code == 404
    assert (await public.get(f"/shops/{code}/reviews?after=x", headers=PAGE)).status_code == 422


async def test_a_page_names_its_own_shop_to_whoever_is_signed_in_at_another(
    public: httpx.AsyncClient, merchant: UUID, code: str
) -> None:
    await value(merchant, """UPDATE merchants SET name = '{"en": "Lamps & Co"}'""")
    async with db.transaction(await new_merchant()):
        one = await staff.create(
            f"{new_id()}@example.test", "Mina", "agent", "a good long password", clock.now()
        )
        public.cookies.set(STAFF_SESSION, await sessions.start(clock.now(), staff_id=one))
    answer = await public.get(f"/shops/{code}/reviews", headers=PAGE)
    assert answer.status_code == 200
    assert "<span>Lamps &amp; Co</span>" in answer.text and "data-who" in answer.text


async def test_the_script_is_small_and_asks_no_other_host(public: httpx.AsyncClient) -> None:
    answer = await public.get("/public/widget/reviews.js")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert len(gzip.compress(answer.content)) < 15_000
    source = SCRIPT.read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|\beval\(|new Function|\.style\b", source)
    assert set(re.findall(r"https?://[^\s\"'`<]*", source)) == {"https://…/public/widget/reviews.js"}


async def test_the_address_of_products_is_checked(merchant: UUID) -> None:
    for wrong in (
        *("https://shop.example/p", "ftp://x/{sku}", "https://x/{sku}/{sku}", "https://x/{sku}{id}"),
        *("https://[x/{sku}", "https://{sku}/", "https:///{sku}"),
    ):
        with pytest.raises(publishing.ProductUrlInvalid):
            async with db.transaction(merchant):
                await publishing.keep_product_url(wrong, NOW)
    assert await value(merchant, "SELECT count(*) FROM review_publishing") == 0
