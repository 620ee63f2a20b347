"""The studio's segments: conditions that all hold, groups of which one is enough, counted as typed."""

from uuid import UUID

import httpx
import pytest

from admin import studio
from admin.studio import segment_forms as forms
from admin.studio.reward_forms import Shop as FormShop
from api.app import App, create_app
from core import db
from core.days import zone_of
from core.embedded import Services
from core.ids import new_id
from loyalty.segments import model as s
from loyalty.segments import service as segments
from tests.http.conftest import Browser, rows
from tests.http.shop import Shop, enter_as_staff, member_with, open_shop, speak

PATH = "/staff/studio/segments"
FORM = FormShop("en", "USD", zone_of("Europe/London"), [], [])
EITHER = {"any1.orders_least": "5", "any1.joined_below": "900"}
SENTENCE = (
    "Members of whom it is true that they paid at least 1 orders and"
    " (they joined less than 900 days ago or they paid at least 5 orders)."
)


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(studio.router)


@pytest.fixture
async def shop(merchant: UUID) -> Shop:
    return await open_shop(merchant)


async def send(browser: Browser, path: str, fields: dict[str, str]) -> httpx.Response:
    return await browser.post(path, {"idempotency_key": str(new_id()), **fields}, PATH)


async def test_one_more_group_is_added_and_nothing_is_saved(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    first = await browser.get(f"{PATH}/new?preset=returning")
    assert "And at least one of these" not in first.text and 'name="any" value="1"' in first.text
    added = await send(browser, f"{PATH}/new", {"orders_least": "2", "any": "1"})
    assert added.status_code == 200 and added.text.count("And at least one of these") == 1
    assert 'name="any1.orders_least"' in added.text and 'name="any" value="2"' in added.text
    last = await send(browser, f"{PATH}/new", EITHER | {"any": str(forms.ANYS_MOST)})
    assert last.text.count("And at least one of these") == forms.ANYS_MOST
    assert 'name="any"' not in last.text, "no more than that"
    assert await rows(shop.merchant, "segments") == 0


async def test_what_is_typed_is_said_and_counted(browser: Browser, shop: Shop) -> None:
    await member_with(shop, 100)
    await enter_as_staff(browser, shop.merchant, "marketer")
    looked = await browser.get(f"{PATH}/look", params={"orders_least": "1", **EITHER})
    assert SENTENCE in looked.text and '<b class="count-now">1</b>' in looked.text
    neither = await browser.get(f"{PATH}/look", params={"any1.orders_least": "5", "any1.joined_least": "900"})
    assert '<b class="count-now">0</b>' in neither.text
    for locale, said in (("zh-Hans", "并且（"), ("zh-Hant", "並且（")):
        speak(browser, locale)
        assert said in (await browser.get(f"{PATH}/look", params={"orders_least": "1", **EITHER})).text


async def test_a_group_is_saved_shown_again_and_changed(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    fields = {"code": "busy", "name": "Busy", "orders_least": "1", **EITHER, "any3.countries": "gb"}
    made = await send(browser, f"{PATH}/new", fields)
    assert (made.status_code, made.headers["location"]) == (303, f"{PATH}/busy?notice=made")
    page = (await browser.get(f"{PATH}/busy")).text
    assert "says more than the form can show" not in page
    assert 'name="any1.orders_least" type="text" value="5"' in page, "and the third is the second now"
    assert 'name="any2.countries" type="text" value="GB"' in page
    next_one = await send(browser, f"{PATH}/busy", {"version": "1", "orders_least": "1", **EITHER})
    assert next_one.headers["location"] == f"{PATH}/busy?notice=revised"
    async with db.transaction(shop.merchant):
        newest = (await segments.versions("busy"))[0]
    assert newest.segment == s.Segment(
        where=(
            s.OrderCount(at_least=1),
            s.OneOf(of=(s.Joined(below_days=900), s.OrderCount(at_least=5))),
        )
    )


async def test_what_is_wrong_in_a_group_is_said_there_and_nothing_is_saved(
    browser: Browser, shop: Shop
) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    fields = {"code": "busy", "any2.orders_least": "many"}
    refused = await send(browser, f"{PATH}/new", fields)
    assert refused.status_code == 422
    assert 'id="any2.orders_least-problem"' in refused.text and 'value="many"' in refused.text
    await enter_as_staff(browser, shop.merchant, "auditor")
    assert (await send(browser, f"{PATH}/new", {"code": "busy", **EITHER})).status_code == 403
    assert await rows(shop.merchant, "segments") == 0


def test_the_form_and_the_segment_say_the_same() -> None:
    fields = {"joined_least": "3", **EITHER, "any2.feeling": "negative", "any2.recency": "5"}
    made, problems = forms.read(fields, FORM)
    assert made is not None and problems == {}
    again = forms.fields_of(made, FORM)
    assert again is not None and forms.read(again, FORM) == (made, {})
    reordered = s.Segment(where=(s.OneOf(of=(s.OrderCount(at_least=5), s.Joined(below_days=30))),))
    assert forms.fields_of(reordered, FORM) is not None, "the order of a group says nothing"


@pytest.mark.parametrize(
    "beyond",
    [
        s.OneOf(of=(s.OrderCount(at_least=5), s.OrderCount(at_least=1, within_days=9))),
        s.OneOf(of=(s.Joined(below_days=3), s.AllOf(of=(s.OrderCount(at_least=1),)))),
        s.NotSo(of=s.OrderCount(at_least=1)),
    ],
    ids=["one thing twice", "groups within groups", "not"],
)
def test_what_the_form_cannot_say(beyond: s.Who) -> None:
    assert forms.fields_of(s.Segment(where=(beyond,)), FORM) is None
