"""The marketer's rewards: made, changed, switched and stocked by forms; nobody else may."""

import html
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.app import App
from core import clock, db
from core.embedded import Services
from core.i18n import LOCALES
from core.ids import new_id
from loyalty.rewards import catalogue, pools
from loyalty.rewards.catalogue import RewardView
from loyalty.rewards.kinds import CashBack, Money, PercentOff
from loyalty.rewards.rules import PeriodLimit
from tests.conftest import new_merchant
from tests.http.conftest import PAGE, Browser, rows
from tests.http.shop import Shop, enter_as_staff, form, open_shop, pages_app, speak

LIST = "/staff/studio/rewards"
TENTH = {
    "code": "tenth", "name_en": "10% off", "name_zh_hans": "九折", "description_en": "Once.",
    "cost_points": "80", "percent": "10", "at_most": "12.50", "limit_times": "2", "limit_period": "week",
    "tier_gold": "on", "valid_days": "30", "offered_until": "2027-01-01T00:00", "stock": "9",
    "points_back": "on", "pool": "spring",
}  # fmt: skip


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return pages_app()


@pytest.fixture
async def shop(browser: Browser) -> Shop:
    """A shop in Hong Kong with a pool, and its marketer signed in."""
    shop = await open_shop(await new_merchant(time_zone="Asia/Hong_Kong"))
    async with db.transaction(shop.merchant):
        await pools.create("spring", 5, clock.now())
    await enter_as_staff(browser, shop.merchant, "marketer")
    return shop


async def fill(browser: Browser, page: str, action: str, **typed: str) -> httpx.Response:
    """Load a page and post its form with these fields."""
    hidden = form((await browser.get(page)).text, action)
    return await browser.client.post(action, data=hidden | typed, headers=PAGE)


async def found(shop: Shop, code: str) -> RewardView:
    async with db.transaction(shop.merchant):
        return await catalogue.find(code)


async def test_a_reward_is_made_and_changed(browser: Browser, shop: Shop) -> None:
    new = f"{LIST}/new"
    answer = await fill(browser, f"{new}?kind=percent_off", new, **TENTH)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{LIST}?notice=made")
    made = await found(shop, "tenth")
    assert made.terms == PercentOff(percent=10, at_most=Money(amount_minor=1250, currency="USD"))
    assert made.limit_per_period == PeriodLimit(times=2, period="week")
    assert (made.tiers, made.stock, made.pool, made.points_back) == (("gold",), 9, "spring", True)
    assert made.offered_until and made.offered_until.isoformat() == "2026-12-31T16:00:00+00:00"
    assert made.name == {"en": "10% off", "zh-Hans": "九折"}
    page = (await browser.get(f"{LIST}/tenth")).text
    for value in ('value="12.50"', 'value="2027-01-01T00:00"', 'name="tier_gold" value="on" checked'):
        assert value in page
    changed = {name: value for name, value in TENTH.items() if name not in ("code", "stock", "tier_gold")}
    again = await fill(browser, f"{LIST}/tenth", f"{LIST}/tenth", **changed | {"cost_points": "90"})
    assert again.headers["location"] == f"{LIST}/tenth?notice=changed"
    made = await found(shop, "tenth")
    assert (made.version, made.cost_points, made.tiers, made.stock) == (2, 90, (), 9)
    assert "Mina" in (await browser.get(again.headers["location"])).text


async def test_the_form_of_each_kind_reads_what_it_shows(browser: Browser, shop: Shop) -> None:
    common = {"name_en": "It", "cost_points": "50"}
    kinds: dict[str, dict[str, str]] = {
        "percent_off": {"percent": "5"},
        "amount_off": {"amount": "5", "order_from": "40"},
        "product": {"sku": "mug", "quantity": "2"},
        "shipping": {},
        "gift_card": {"amount": "20"},
        "store_credit": {"amount": "0.01"},
        "experience": {"place": "Hall", "starts_at": "2027-05-01T19:30"},
        "donation": {"recipient": "Zoo", "amount": "1"},
        "cash_back": {"step_points": "50", "step_amount": "1", "min_points": "100", "max_points": "500"},
    }
    for kind, own in kinds.items():
        code, new = kind.replace("_", "-"), f"{LIST}/new"
        answer = await fill(browser, f"{new}?kind={kind}", new, code=code, **common | own)
        assert answer.status_code == 303, (kind, answer.text)
        before = await found(shop, code)
        page = (await browser.get(f"{LIST}/{code}")).text
        for name, value in own.items():
            assert f'name="{name}"' in page and f'value="{html.escape(value)}' in page, (kind, name)
        assert (await fill(browser, f"{LIST}/{code}", f"{LIST}/{code}", **common | own)).status_code == 303
        after = await found(shop, code)
        assert (after.terms, after.version) == (before.terms, 2), kind
    assert isinstance((await found(shop, "cash-back")).terms, CashBack)
    for locale in LOCALES:
        speak(browser, locale)
        assert (await browser.get(LIST)).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"code": "Ten Percent"}, "Small letters"),
        ({"code": "new"}, "Small letters"),
        ({"code": "mug"}, "There is such a reward already"),
        ({"name_en": "", "name_zh_hans": ""}, "Give it a name"),
        ({"cost_points": ""}, "This is needed"),
        ({"cost_points": "1.5"}, "Type a whole number"),
        ({"percent": "101"}, "at most 100"),
        ({"at_most": "12.505"}, "Type an amount in USD"),
        ({"at_most": "NaN"}, "Type an amount in USD"),
        ({"offered_until": "soon"}, "Type a date"),
        ({"valid_until": "2027-01-01T00:00"}, "not both"),
        ({"pool": "nowhere"}, "There is no such pool of codes."),
    ],
    ids=str,
)
async def test_a_form_that_does_not_fit_keeps_what_was_typed_and_makes_nothing(
    browser: Browser, shop: Shop, wrong: dict[str, str], said: str
) -> None:
    new = f"{LIST}/new"
    answer = await fill(browser, f"{new}?kind=percent_off", new, **TENTH | wrong)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="2"' in answer.text and 'role="alert"' in answer.text
    assert await rows(shop.merchant, "rewards") == 3


async def test_two_marketers_do_not_overwrite_each_other(browser: Browser, shop: Shop) -> None:
    path = f"{LIST}/mug"
    hidden = form((await browser.get(path)).text, path)
    typed = {"name_en": "Cup", "cost_points": "110", "sku": "mug", "quantity": "1"}
    first = await browser.client.post(path, data=hidden | typed, headers=PAGE)
    late = hidden | typed | {"idempotency_key": str(new_id()), "cost_points": "9"}
    second = await browser.client.post(path, data=late, headers=PAGE)
    assert first.headers["location"] == f"{path}?notice=changed"
    assert second.headers["location"] == f"{path}?notice=reward_changed"
    assert "Somebody else has changed" in (await browser.get(second.headers["location"])).text
    assert (await found(shop, "mug")).cost_points == 110


async def test_stock_switch_and_pools(browser: Browser, shop: Shop) -> None:
    stock = f"{LIST}/mug/stock"
    assert (
        (await fill(browser, f"{LIST}/mug", stock, stock="12")).headers["location"].endswith("notice=stock")
    )
    assert (await found(shop, "mug")).stock == 12
    bad = await fill(browser, f"{LIST}/mug", stock, stock="many")
    assert bad.headers["location"].endswith("stock_invalid")
    await fill(browser, f"{LIST}/mug", stock, stock="")
    assert (await found(shop, "mug")).stock is None
    await fill(browser, LIST, f"{LIST}/mug/switch")
    assert not (await found(shop, "mug")).active
    await fill(browser, LIST, f"{LIST}/mug/switch")
    assert (await found(shop, "mug")).active
    assert (await browser.get("/staff/studio/pools")).headers["location"] == f"{LIST}#pools"
    assert '<section class="card " id="pools">' in (await browser.get(LIST)).text
    await fill(browser, LIST, "/staff/studio/pools", code="autumn", low_water="7")
    made = "/staff/studio/pools/autumn/generate"
    await fill(browser, LIST, made, count="20", pattern="TEA-????-????")
    for count, pattern, notice in (("0", "TEA-????-????", "count_invalid"), ("20", "TEA", "pattern_invalid")):
        answer = await fill(browser, LIST, made, count=count, pattern=pattern)
        assert notice in answer.headers["location"]
    async with db.transaction(shop.merchant):
        autumn = await pools.find("autumn")
    assert (autumn.free, autumn.low_water) == (20, 7)


@pytest.mark.parametrize(("role", "reads"), [("auditor", 200), ("community_manager", 200), ("agent", 403)])
async def test_who_may_not_edit_changes_nothing(browser: Browser, shop: Shop, role: str, reads: int) -> None:
    await enter_as_staff(browser, shop.merchant, role)
    page = await browser.get(LIST)
    assert page.status_code == reads
    assert "/switch" not in page.text and "/new?kind" not in page.text
    assert (await browser.get(f"{LIST}/mug")).status_code == reads
    assert (await browser.get(f"{LIST}/new")).status_code == 403
    data: dict[str, Any] = {"idempotency_key": str(new_id()), "active": "off", "stock": "1", "code": "x"}
    data |= {
        "count": "9",
        "pattern": "????????????",
        "name_en": "x",
        "csrf_token": await browser.token("/nowhere"),
    }
    for path in ("new", "mug", "mug/stock", "mug/switch"):
        assert (await browser.client.post(f"{LIST}/{path}", data=data, headers=PAGE)).status_code == 403
    for path in ("", "/spring/generate"):
        answer = await browser.client.post(f"/staff/studio/pools{path}", data=data, headers=PAGE)
        assert answer.status_code == 403
    assert (await found(shop, "mug")).version == 1
    assert await rows(shop.merchant, "pool_codes") == 0


async def test_another_merchants_rewards_are_not_there(browser: Browser, shop: Shop, merchant: UUID) -> None:
    await open_shop(merchant)
    await enter_as_staff(browser, merchant, "marketer")
    assert (await browser.get(f"{LIST}/tenth")).status_code == 404
    assert "spring" not in (await browser.get(LIST)).text
