"""Members, adjustments and the liability in the studio."""

import csv
import html
import io
import re
from datetime import UTC, datetime

import pytest

from api.app import App
from core import db
from core.embedded import Services
from core.i18n import LOCALES
from loyalty.households import service as households
from loyalty.ledger import Earn, post
from loyalty.members import service as members
from tests.conftest import new_merchant
from tests.http.conftest import PAGE, Browser, rows
from tests.http.shop import Shop, balance, enter_as_staff, form, member_with, open_shop, pages_app

MEMBERS, ADJUSTMENTS, LIABILITY = (
    "/staff/studio/members",
    "/staff/studio/adjustments",
    "/staff/studio/liability",
)


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return pages_app()


async def path_of(shop: Shop, customer: str) -> str:
    async with db.transaction(shop.merchant):
        return f"{MEMBERS}/{(await members.find(customer)).id}"


async def ask(browser: Browser, path: str, points: str, note: str = "Sorry") -> str:
    """Ask for an adjustment on a member's page; answers what the page then says of it."""
    fields = form((await browser.get(path)).text, f"{path}/adjust")
    fields |= {"points": points, "note": note, "cause": "courtesy", "wallet": "points"}
    answer = await browser.post(f"{path}/adjust", fields, path)
    if answer.status_code == 422:
        assert f'value="{html.escape(points)}"' in answer.text, "what was typed is kept"
        return re.findall(r'role="alert"><p>([^<]+)', answer.text)[0]
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("notice=")[2]


async def test_a_member_is_found_and_every_entry_explained(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 120, "mei-1")
    path = await path_of(shop, customer)
    for role in ("owner", "marketer", "community_manager", "agent", "auditor"):
        await enter_as_staff(browser, shop.merchant, role)
        for asked in ("mei-1", "ada", "MEI-1@example.test"):
            assert path in (await browser.get(f"{MEMBERS}?q={asked}")).text, (role, asked)
        page = await browser.get(path)
        [entry, *_] = re.findall(rf'href="({path}/entries/[0-9a-f-]+)"', page.text)
        assert "120" in (await browser.get(entry)).text
    assert "Nobody found" in (await browser.get(f"{MEMBERS}?q=nobody")).text
    for locale in LOCALES:
        await enter_as_staff(browser, shop.merchant, "owner", locale)
        for each in (MEMBERS, path, entry, ADJUSTMENTS, LIABILITY):
            assert (await browser.get(each)).status_code == 200


async def test_a_members_page_shows_their_household(browser: Browser, shop: Shop) -> None:
    ann, bea = await member_with(shop, 20), await member_with(shop, 40)
    path, other = await path_of(shop, ann), await path_of(shop, bea)
    await enter_as_staff(browser, shop.merchant, "agent")
    assert "They spend together" not in (await browser.get(path)).text
    async with db.transaction(shop.merchant):
        pool = await households.create(shop.now)
        for each in (ann, bea):
            await households.join(pool, (await members.find(each)).id, shop.now)
    page = (await browser.get(path)).text
    assert "They spend together" in page and f'href="{other}"' in page and "40 points" in page
    assert f'href="{path}"' in (await browser.get(other)).text


async def test_an_adjustment_is_asked_for_and_decided_by_another(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 100)
    path = await path_of(shop, customer)
    await enter_as_staff(browser, shop.merchant, "marketer")
    assert await ask(browser, path, "50") == "posted"
    assert "whole number of points" in await ask(browser, path, "-150.5")
    assert "has not so many points" in await ask(browser, path, "−151")
    assert await ask(browser, path, "6,000") == "waiting"
    assert await balance(shop, customer) == (150, 0)
    assert "/decide" not in (await browser.get(ADJUSTMENTS)).text, "whoever asked does not decide"
    await enter_as_staff(browser, shop.merchant, "owner")
    page = await browser.get(ADJUSTMENTS)
    [action] = re.findall(r'action="([^"]+/decide)"', page.text)
    fields = form(page.text, action) | {"decision": "approve"}
    decided = await browser.post(action, fields, ADJUSTMENTS)
    assert decided.headers["location"] == f"{ADJUSTMENTS}?notice=posted"
    again = await browser.post(action, fields | {"idempotency_key": "other"}, ADJUSTMENTS)
    assert again.headers["location"] == f"{ADJUSTMENTS}?notice=adjustment_decided"
    assert await balance(shop, customer) == (6150, 0)


async def test_only_the_owner_sets_limits(browser: Browser, shop: Shop) -> None:
    fields = {"role": "agent", "limit_points": "25", "idempotency_key": "k1"}
    await enter_as_staff(browser, shop.merchant, "marketer")
    denied = await browser.post(f"{ADJUSTMENTS}/limits", fields, ADJUSTMENTS)
    assert denied.status_code == 403
    assert await rows(shop.merchant, "adjustment_limits") == 0
    await enter_as_staff(browser, shop.merchant, "owner")
    for wrong in ("-1", "x", "1e3"):
        answer = await browser.post(f"{ADJUSTMENTS}/limits", fields | {"limit_points": wrong}, ADJUSTMENTS)
        assert answer.headers["location"].endswith("adjustment_invalid")
        fields["idempotency_key"] += "x"
    assert await rows(shop.merchant, "adjustment_limits") == 0
    assert (await browser.post(f"{ADJUSTMENTS}/limits", fields, ADJUSTMENTS)).status_code == 303
    assert await rows(shop.merchant, "adjustment_limits") == 1


@pytest.mark.parametrize("role", ["auditor", "community_manager", "agent"])
async def test_who_may_not_changes_nothing(browser: Browser, shop: Shop, role: str) -> None:
    path = await path_of(shop, await member_with(shop, 10))
    await enter_as_staff(browser, shop.merchant, "marketer")
    await ask(browser, path, "6000")
    async with db.transaction(shop.merchant):
        waiting = await db.fetchval("SELECT id FROM adjustments")
    await enter_as_staff(browser, shop.merchant, role)
    for action, more in (
        (f"{ADJUSTMENTS}/{waiting}/decide", {"decision": "approve"}),
        (f"{LIABILITY}/close", {"month": "2026-01-01"}),
    ):
        data = {"csrf_token": await browser.token("/nowhere"), "idempotency_key": "k"} | more
        assert (await browser.client.post(action, data=data, headers=PAGE)).status_code == 403
    async with db.transaction(shop.merchant):
        assert await db.fetchval("SELECT state FROM adjustments") == "waiting"
    assert await rows(shop.merchant, "liability_months") == 0


async def test_another_merchants_member_is_not_there(browser: Browser, shop: Shop) -> None:
    path = await path_of(shop, await member_with(shop, 10))
    other = await open_shop(await new_merchant())
    await enter_as_staff(browser, other.merchant, "owner")
    assert (await browser.get(path)).status_code == 404
    data = {"csrf_token": await browser.token("/nowhere"), "idempotency_key": "k", "points": "5", "note": "n"}
    answer = await browser.client.post(f"{path}/adjust", data=data | {"cause": "other"}, headers=PAGE)
    assert answer.status_code == 404
    assert await rows(other.merchant, "adjustments") == await rows(shop.merchant, "adjustments") == 0


async def test_the_owner_closes_a_month_and_takes_the_file(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 10)
    async with db.transaction(shop.merchant):
        member = (await members.find(customer)).id
        learnt = datetime(2026, 1, 10, tzinfo=UTC)
        early = Earn(key="early", member=member, points=700, effective_at=learnt, reason={"rule": "api"})
        await post([early], learnt)
    await enter_as_staff(browser, shop.merchant, "owner")
    page = await browser.get(LIABILITY)
    fields = form(page.text, f"{LIABILITY}/close")
    assert fields["month"] == "2026-01-01"
    closed = await browser.post(f"{LIABILITY}/close", fields, LIABILITY)
    assert closed.headers["location"] == f"{LIABILITY}?closed=2026-01-01"
    assert "January 2026 is closed." in (await browser.get(closed.headers["location"])).text
    wrong = await browser.post(f"{LIABILITY}/close", fields | {"idempotency_key": "k"}, LIABILITY)
    assert wrong.status_code == 409
    assert await rows(shop.merchant, "liability_months") == 1
    table = list(csv.DictReader(io.StringIO((await browser.get(f"{LIABILITY}.csv")).text)))
    assert table[0] | {"month": "2026-01-01", "closed": "True", "points_outstanding": "700"} == table[0]
