"""Staff decide on what the policy holds: without stars, for neutral reasons, on record."""

import re
from uuid import UUID

import httpx
import pytest

from admin import moderation
from api import portal
from api.app import App, create_app
from api.v1.reviews import v1_reviews
from core import db
from core.embedded import Services
from core.ids import new_id
from reviews.moderation import queue
from reviews.moderation import service as policy
from tests.conftest import new_merchant
from tests.factories import photos
from tests.http.conftest import Browser, new_key, write
from tests.http.shop import balance, enter_as_customer, enter_as_staff, form
from tests.http.writer import POINTS, Writer, fill_in, judge, open_writer, value

SPAM = "Cheaper at https://example.com"
PATH = "/staff/moderation"
STATE = "SELECT moderation || ' ' || moderated_by || ' ' || published FROM reviews"
RECORD = "SELECT array_agg(moderation || ' ' || reason ORDER BY id) FROM review_moderations"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(portal.router, moderation.router, v1=(v1_reviews,))


@pytest.fixture
async def writer(merchant: UUID, browser: Browser) -> Writer:
    """With one review that is held, of one star."""
    found = await open_writer(merchant)
    await enter_as_customer(browser, found.shop, found.customer)
    await fill_in(browser, found.path(), (photos.image(),), text=SPAM, stars="1", author="Ada L.")
    await judge(found)
    return found


async def review_of(writer: Writer) -> UUID:
    return UUID(str(await value(writer, "SELECT id FROM reviews")))


async def decide(browser: Browser, review: UUID, deed: str, **typed: str) -> httpx.Response:
    action = f"{PATH}/reviews/{review}/{deed}"
    page = await browser.get(f"{PATH}/reviews/{review}")
    return await browser.client.post(
        action, data=form(page.text, action) | typed, headers={"accept": "text/html"}
    )


async def test_what_waits_is_shown_with_its_evidence_and_without_stars(
    browser: Browser, writer: Writer
) -> None:
    await enter_as_staff(browser, writer.merchant, "agent")
    page = (await browser.get(PATH)).text
    for text in ("Lamp", "Ada L.", SPAM, "Advertising or spam", "https://", "/media/reviews/"):
        assert text in page
    for path in (PATH, f"{PATH}/reviews/{await review_of(writer)}"):
        assert 'class="stars"' not in (await browser.get(path)).text
    assert set(queue.Waiting.__dataclass_fields__) == {
        *("id", "version", "received_at", "edited_at", "product_sku", "product_name", "author", "moderation"),
        *("verified", "incentivised", "title", "body", "lang", "findings", "redacted", "signals"),
    }


async def test_a_very_long_one_is_decided_where_all_of_it_stands(merchant: UUID, browser: Browser) -> None:
    long = await open_writer(merchant)
    await enter_as_customer(browser, long.shop, long.customer)
    await fill_in(browser, long.path(), text=f"{SPAM} {'on and on ' * 250} the end.", stars="3")
    await judge(long)
    await enter_as_staff(browser, long.merchant, "agent")
    page, review = (await browser.get(PATH)).text, await review_of(long)
    assert "on and on" in page and "the end." not in page and "/approve" not in page
    assert f'href="{PATH}/reviews/{review}">Read all of it' in page
    whole = (await browser.get(f"{PATH}/reviews/{review}")).text
    assert "the end." in whole and "/approve" in whole and "Read all of it" not in whole


async def test_a_review_is_shown_and_hidden_and_each_decision_is_kept(
    browser: Browser, writer: Writer
) -> None:
    start = await balance(writer.shop, "ada")
    review = await review_of(writer)
    await enter_as_staff(browser, writer.merchant, "community_manager")
    answer = await decide(browser, review, "approve")
    assert answer.headers["location"] == f"{PATH}?notice=approved"
    assert await value(writer, STATE) == "approved staff true"
    assert await balance(writer.shop, "ada") == (start[0] + POINTS, start[1] - POINTS)
    page = (await browser.get(f"{PATH}/reviews/{review}")).text
    assert 'class="stars"' in page

    answer = await decide(browser, review, "hide", reason="spam")
    assert answer.headers["location"] == f"{PATH}?notice=hidden"
    assert await value(writer, STATE) == "hidden staff false"
    assert await balance(writer.shop, "ada") == (start[0], start[1] - POINTS)
    record = ["held spam", "approved passed", "hidden spam"]
    assert await value(writer, RECORD) == record
    assert await value(writer, "SELECT count(staff_id) FROM review_moderations") == 2
    page = (await browser.get(f"{PATH}/decided")).text
    assert "Mina" in page and page.count("Advertising or spam") == 1 and 'class="stars"' in page
    with pytest.raises(Exception, match="permission denied"):
        await value(writer, "UPDATE review_moderations SET reason = 'passed' RETURNING id")


async def test_what_is_written_anew_after_it_was_hidden_waits_again(browser: Browser, writer: Writer) -> None:
    review = await review_of(writer)
    await enter_as_staff(browser, writer.merchant, "owner")
    await decide(browser, review, "hide", reason="spam")
    await enter_as_customer(browser, writer.shop, "ada")
    assert "Not shown" in (await browser.get("/portal/reviews")).text
    await fill_in(browser, f"/portal/reviews/{review}/edit", text="Dim.")
    await judge(writer)
    assert await value(writer, STATE) == "held policy false"
    await enter_as_staff(browser, writer.merchant, "owner")
    assert "Written anew after it was hidden" in (await browser.get(PATH)).text


async def test_a_wording_that_was_not_seen_is_not_decided_on(browser: Browser, writer: Writer) -> None:
    review = await review_of(writer)
    await enter_as_staff(browser, writer.merchant, "agent")
    answer = await decide(browser, review, "approve", version="2")
    assert answer.status_code == 409 and "written it anew" in answer.text
    assert await value(writer, STATE) == "held policy false"


@pytest.mark.parametrize("reason", ["", "passed", "edited", "bad_for_business", "one_star"])
async def test_only_a_neutral_reason_hides(browser: Browser, writer: Writer, reason: str) -> None:
    review = await review_of(writer)
    await enter_as_staff(browser, writer.merchant, "agent")
    answer = await decide(browser, review, "hide", reason=reason)
    assert answer.status_code == 422
    assert await value(writer, STATE) == "held policy false"


async def test_a_marketplace_takes_nothing_away(
    browser: Browser, client: httpx.AsyncClient, writer: Writer
) -> None:
    review = await review_of(writer)
    await enter_as_staff(browser, writer.merchant, "owner")
    page = (await browser.get(f"{PATH}/settings")).text
    action = f"{PATH}/settings/profile"
    answer = await browser.client.post(action, data=form(page, action) | {"profile": "marketplace"})
    assert answer.headers["location"] == f"{PATH}/settings?notice=saved"
    assert re.findall(r'<option value="([a-z_]+)"', (await browser.get(PATH)).text) == ["unlawful"]
    answer = await decide(browser, review, "hide", reason="spam")
    assert answer.status_code == 403 and "only what is unlawful" in answer.text
    assert await value(writer, STATE) == "held policy false"

    key = await new_key(writer.merchant, "reviews:write")
    named = {"source": "first_party", "external_id": await value(writer, "SELECT external_id FROM reviews")}
    refused = await client.post("/v1/reviews/removals", json=named, headers=write(key))
    assert (refused.status_code, refused.json()["code"]) == (403, "deletion_disabled")
    assert await value(writer, "SELECT state FROM reviews") == "live"
    by_author = await client.post("/v1/reviews/removals", json=named | {"by": "author"}, headers=write(key))
    assert by_author.json() == {"status": "removed"}
    elsewhere = {"source": "google", "external_id": "g1"}
    assert (await client.post("/v1/reviews/removals", json=elsewhere, headers=write(key))).status_code == 200


async def test_whoever_belongs_to_the_shop_is_disclosed_when_shown(browser: Browser, writer: Writer) -> None:
    await enter_as_staff(browser, writer.merchant, "owner")
    page = (await browser.get(f"{PATH}/settings")).text
    action = f"{PATH}/settings/insiders"
    answer = await browser.client.post(
        action, data=form(page, action) | {"customer": "ada", "note": "sister"}
    )
    assert answer.status_code == 303
    again = await browser.client.post(
        action, data=form(page, action) | {"customer": "ada", "idempotency_key": str(new_id())}
    )
    assert again.status_code == 422 and "on the list already" in again.text
    await enter_as_customer(browser, writer.shop, "ada")
    await fill_in(browser, writer.path("2"), text="A lovely rug.")
    await judge(writer)
    rug = await value(writer, "SELECT id FROM reviews WHERE product_sku = 'rug' AND moderation = 'held'")
    await enter_as_staff(browser, writer.merchant, "agent")
    await decide(browser, rug, "approve")
    assert await value(writer, "SELECT insider AND published FROM reviews WHERE id = $1", rug)
    await enter_as_staff(browser, writer.merchant, "owner")
    page = (await browser.get(f"{PATH}/settings")).text
    remove = re.search(r'action="([^"]+/remove)"', page)
    assert "sister" in page and remove
    await browser.client.post(remove[1], data=form(page, remove[1]))
    assert await value(writer, "SELECT count(*) FROM review_insiders WHERE removed_by IS NOT NULL") == 1


async def test_attributes_are_named_in_every_language(browser: Browser, writer: Writer) -> None:
    await enter_as_staff(browser, writer.merchant, "community_manager")
    action = f"{PATH}/settings/attributes"

    async def save(**columns: list[str]) -> httpx.Response:
        hidden = form((await browser.get(f"{PATH}/settings")).text, action)
        fields = {name: hidden[name] for name in ("csrf_token", "idempotency_key")}
        return await browser.client.post(action, data=fields | columns)

    names = {"en": ["Fit", ""], "zh_hans": ["合身度", ""], "zh_hant": ["合身度", ""]}
    assert (await save(code=["", ""], **names)).status_code == 303
    assert await value(writer, "SELECT array_agg(code) FROM review_attributes WHERE asked") == ["fit"]
    missing = await save(code=["fit"], en=["Size"], zh_hans=[""], zh_hant=["尺寸"])
    assert missing.status_code == 422 and "in every language" in missing.text
    renamed = await save(code=["fit"], en=["Size"], zh_hans=["尺码"], zh_hant=["尺寸"])
    assert renamed.status_code == 303
    assert await value(writer, "SELECT name->>'en' FROM review_attributes WHERE code = 'fit'") == "Size"
    await save(code=["fit"], en=[""], zh_hans=[""], zh_hant=[""])
    assert await value(writer, "SELECT count(*) FROM review_attributes WHERE asked") == 0


@pytest.mark.parametrize("role", ["marketer", "auditor"])
async def test_whoever_may_not_decide_only_reads(browser: Browser, writer: Writer, role: str) -> None:
    review = await review_of(writer)
    await enter_as_staff(browser, writer.merchant, role)
    for path in (PATH, f"{PATH}/settings", f"{PATH}/reviews/{review}", f"{PATH}/decided"):
        page = await browser.get(path)
        assert page.status_code == 200 and "/approve" not in page.text
    token = await browser.token(PATH)
    fields = {"csrf_token": token, "idempotency_key": "k", "version": "1", "reason": "spam"}
    for deed in ("approve", "hide"):
        answer = await browser.client.post(f"{PATH}/reviews/{review}/{deed}", data=fields)
        assert answer.status_code == 403
    for what in ("attributes", "profile", "insiders"):
        assert (await browser.client.post(f"{PATH}/settings/{what}", data=fields)).status_code == 403
    assert await value(writer, STATE) == "held policy false"


async def test_another_shops_review_is_out_of_reach(browser: Browser, writer: Writer) -> None:
    review = await review_of(writer)
    await enter_as_staff(browser, await new_merchant(), "owner")
    assert (await browser.get(f"{PATH}/reviews/{review}")).status_code == 404
    assert SPAM not in (await browser.get(PATH)).text


async def test_a_copied_text_is_held_for_whoever_copies_it(browser: Browser, writer: Writer) -> None:
    text = "This lamp lights the whole room and looks very good on my desk."
    await fill_in(browser, writer.path("2"), text=text)
    await judge(writer)
    store = await value(writer, "SELECT id FROM stores")
    await fill_in(browser, f"/portal/reviews/write?store={store}", text=text.upper() + "!!")
    await judge(writer)
    found = await value(
        writer, "SELECT array_agg(moderation ORDER BY id) FROM reviews WHERE product_sku <> 'lamp'"
    )
    assert found == ["approved", "held"]
    # Judging once more decides nothing anew.
    async with db.transaction(writer.merchant):
        before = await db.fetchval("SELECT count(*) FROM review_moderations")
        ids = [row["id"] for row in await db.fetch("SELECT id FROM reviews")]
        await policy.judge(ids, writer.shop.now)
        assert await db.fetchval("SELECT count(*) FROM review_moderations") == before
