"""Settings of the inbox, the patrol's page, further deeds and one deed on many, over HTTP."""

import html
import re

import httpx
import pytest

from admin import inbox, studio
from api import portal
from api.app import App, create_app
from api.v1.reviews import v1_reviews
from core import db
from core.embedded import Services
from tests.factories.rewards import offer, wanted
from tests.http.conftest import Browser
from tests.http.desk import (
    Desk,
    act,
    case_path,
    case_row,
    enter,
    hire,
    open_case,
    state,
    value,
)
from tests.http.shop import form

ROOT = "/staff/inbox/settings"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(portal.router, inbox.router, studio.router, v1=(v1_reviews,))


async def save(browser: Browser, page: str, **typed: str) -> httpx.Response:
    shown = await browser.get(f"{ROOT}/{page}")
    assert shown.status_code == 200, shown.text
    return await browser.post(f"{ROOT}/{page}", form(shown.text, f"{ROOT}/{page}") | typed)


async def test_calendar_policy_and_case_from_the_pages(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant, "community_manager"))
    hours = {f"day_{day}": "09:00-12:30, 13:30-18:00" for day in range(5)} | {"day_5": "22:00-06:00"}
    saved = await save(
        browser, "calendars", code="office", name="Office", zone="Asia/Shanghai", country="CN",
        closed="2026-12-24\n2026-12-31", **hours,
    )  # fmt: skip
    assert (saved.status_code, saved.headers["location"]) == (303, f"{ROOT}/calendars")
    shown = (await browser.get(f"{ROOT}/calendars?edit=office")).text
    assert "09:00-12:30, 13:30-18:00" in shown and "22:00-06:00" in shown and "2026-12-31" in shown
    saved = await save(
        browser, "targets", code="all", name="All", first_reply="2.5", resolution="40", calendar="office",
        urgent="", pause_remedy_offered="on",
    )  # fmt: skip
    assert saved.status_code == 303, saved.text
    assert "2.5" in (await browser.get(f"{ROOT}/targets")).text
    case_id = await open_case(client, desk)
    targets = await value(
        desk.merchant, "SELECT array_agg(target_s ORDER BY kind) FROM case_clocks WHERE case_id = $1", case_id
    )
    assert targets == [9000, 144_000]
    used = await browser.post(
        f"{ROOT}/calendars/office/remove",
        form((await browser.get(f"{ROOT}/calendars")).text, f"{ROOT}/calendars/office/remove"),
    )
    assert used.status_code == 409 and "A policy uses this calendar" in used.text


@pytest.mark.parametrize(
    ("page", "typed", "said"),
    [
        ("calendars", {"code": "x", "name": "X", "zone": "UTC"}, "Nobody would ever work"),
        ("calendars", {"code": "x", "name": "X", "zone": "UTC", "day_0": "9 to 5"}, "are no hours"),
        ("calendars", {"code": "x", "name": "X", "zone": "UTC", "day_0": "25:00-26:00"}, "are no hours"),
        ("calendars", {"code": "x", "name": "X", "zone": "Mars", "day_0": "9:00-17:00"}, "no such time zone"),
        ("calendars", {"code": "x", "name": "X", "zone": "UTC", "closed": "soon"}, "is no day"),
        ("targets", {"code": "x", "name": "X", "resolution": "soon"}, "is no number of hours"),
        ("targets", {"code": "x", "name": "X"}, "at least one target"),
        ("teams", {"name": " "}, "Check the name"),
        ("teams", {"name": "T"}, ""),
    ],
)
async def test_what_is_refused_changes_nothing_and_says_why(
    browser: Browser, desk: Desk, page: str, typed: dict[str, str], said: str
) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant, "owner"))
    answer = await save(browser, page, **typed)
    if not said:
        assert answer.status_code == 303
        return
    assert answer.status_code == 422 and said in answer.text
    count = "SELECT (SELECT count(*) FROM case_calendars) + (SELECT count(*) FROM case_policies)"
    assert await value(desk.merchant, count + " + (SELECT count(*) FROM case_teams)") == 0


async def test_the_order_of_policies_is_changed_on_their_page(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant, "owner"))
    for code in ("first", "second", "third"):
        await save(browser, "targets", code=code, name=code.title(), resolution="0:20")
    order = "SELECT array_agg(code ORDER BY position) FROM case_policies"
    for code, way, after in (
        ("third", "earlier", ["first", "third", "second"]),
        ("first", "later", ["third", "first", "second"]),
        ("third", "earlier", ["third", "first", "second"]),
    ):
        path = f"{ROOT}/targets/{code}/move"
        page = (await browser.get(f"{ROOT}/targets")).text
        answer = await browser.post(path, form(page, path) | {"direction": way})
        assert (answer.status_code, await value(desk.merchant, order)) == (303, after)
    await open_case(client, desk)
    assert await value(desk.merchant, "SELECT terms->>'policy' FROM case_terms") == "third"
    gone = await browser.post(f"{ROOT}/targets/none/move", {"idempotency_key": "k", "direction": "later"})
    assert gone.status_code == 404


async def test_what_is_saved_again_as_it_was_shown_stays_as_it_was(browser: Browser, desk: Desk) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant, "owner"))
    await save(browser, "targets", code="quick", name="Quick", first_reply="0:20", resolution="12")
    kept = "SELECT policy->'targets' FROM case_policies"
    before = await value(desk.merchant, kept)
    page = (await browser.get(f"{ROOT}/targets?edit=quick")).text
    again = await browser.post(f"{ROOT}/targets", filled(page, f"{ROOT}/targets"))
    assert (again.status_code, await value(desk.merchant, kept)) == (303, before)
    assert db.from_json(before)["first_reply"] == 1200

    await save_remedies(browser, "budget", budget_amount="1000.50")
    page = (await browser.get(f"{ROOT}/remedies")).text
    await browser.post(f"{ROOT}/remedies/budget", filled(page, f"{ROOT}/remedies/budget"))
    assert await value(desk.merchant, "SELECT amount_minor_per_month FROM case_budgets") == 100_050
    refused = await save_remedies(browser, "budget", budget_amount="1.005")
    assert refused.status_code == 422 and "is no amount in" in refused.text


def filled(page: str, action: str) -> dict[str, str]:
    """Everything that a form of a page would send as it is shown."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.S)
    assert found, f"no form for {action}"
    sent = form(page, action)
    for tag in re.findall(r"<input[^>]*>", found[1]):
        said = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if said["type"] != "checkbox" or " checked" in tag:
            sent[said["name"]] = html.unescape(said["value"])
    for name, options in re.findall(r'<select[^>]*name="([^"]+)".*?>(.*?)</select>', found[1], re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent[name] = chosen[1] if chosen else ""
    return sent


@pytest.mark.parametrize(
    ("page", "typed", "wrong"),
    [
        (
            "calendars",
            {"code": "office", "name": "Office", "zone": "UTC", "day_0": "9:00-17:00"},
            {"zone": "X"},
        ),
        ("targets", {"code": "quick", "name": "Quick", "resolution": "4"}, {"resolution": "soon"}),
        ("templates", {"code": "sorry", "name": "Sorry", "text_en": "Sorry."}, {"text_en": "{nonsense}"}),
    ],
)
async def test_what_is_changed_is_said_and_stays_the_one_after_a_refusal(
    browser: Browser, desk: Desk, page: str, typed: dict[str, str], wrong: dict[str, str]
) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant, "owner"))
    assert "data-kept-as" not in (await browser.get(f"{ROOT}/{page}")).text
    assert (await save(browser, page, **typed)).status_code == 303
    shown = (await browser.get(f"{ROOT}/{page}?edit={typed['code']}")).text
    assert f'data-kept-as="{typed["code"]}"' in shown
    refused = await browser.post(f"{ROOT}/{page}", form(shown, f"{ROOT}/{page}") | typed | wrong)
    assert refused.status_code == 422 and f'data-kept-as="{typed["code"]}"' in refused.text


async def save_remedies(browser: Browser, part: str, **typed: str) -> httpx.Response:
    page = (await browser.get(f"{ROOT}/remedies")).text
    return await browser.post(f"{ROOT}/remedies/{part}", form(page, f"{ROOT}/remedies/{part}") | typed)


async def test_a_team_without_its_id_overwrites_no_other(browser: Browser, desk: Desk) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant, "owner"))
    for name in ("Parcels", "Money"):
        answer = await save(browser, "teams", name=name, team="")
        assert answer.status_code == 422 and "not complete" in answer.text
    assert await value(desk.merchant, "SELECT count(*) FROM case_teams") == 0


async def test_an_agent_may_look_but_not_set(browser: Browser, desk: Desk) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    for page in ("calendars", "targets", "teams", "remedies"):
        shown = await browser.get(f"{ROOT}/{page}")
        assert shown.status_code == 200 and f'action="{ROOT}/{page}' not in shown.text
        answer = await browser.post(f"{ROOT}/{page}", {"idempotency_key": "k", "code": "x"})
        assert answer.status_code in (403, 405)
    moved = await browser.post(f"{ROOT}/targets/x/move", {"idempotency_key": "k", "direction": "later"})
    assert moved.status_code == 403


async def test_further_deeds(browser: Browser, client: httpx.AsyncClient, desk: Desk) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    case_id = await open_case(client, desk)
    steps: tuple[tuple[str, dict[str, str], str], ...] = (
        ("wait", {"on": "third_party", "text": "The carrier looks"}, "waiting_for_third_party"),
        ("take-up", {}, "in_progress"),
        ("call", {"text": "Spoke with Ada"}, "in_progress"),
        ("snooze", {"days": "3"}, "in_progress"),
        ("remedy", {"kind": "refund", "amount": "12.50", "text": "Sorry"}, "remedy_offered"),
    )
    for deed, typed, after in steps:
        answer = await act(browser, case_id, deed, **typed)
        assert answer.status_code == 303, (deed, answer.text)
        assert (await case_row(desk.merchant, case_id))["state"] == after
    assert await value(desk.merchant, "SELECT amount_minor FROM case_remedies") == 1250
    other = await open_case(client, desk, "r2", customer="")
    answer = await act(browser, other, "duplicate", number="999")
    assert answer.status_code == 422 and "no other case with this number" in answer.text
    assert (await act(browser, other, "duplicate", number="1")).status_code == 303
    assert (await case_row(desk.merchant, other))["state"] == "duplicate"
    assert (await act(browser, case_id, "spam")).status_code == 303


async def test_a_remedy_above_authority_waits_for_a_second_person(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    agent = await hire(desk.merchant)
    boss = await hire(desk.merchant, "owner", name="Bo")
    await enter(browser, desk.merchant, agent)
    case_id = await open_case(client, desk)
    before = await state(desk.merchant)
    answer = await act(browser, case_id, "remedy", kind="refund", amount="900")
    assert answer.status_code == 403 and await state(desk.merchant) == before
    assert (await act(browser, case_id, "remedy", kind="refund", amount="900", ask="on")).status_code == 303
    assert "/decide" not in (await browser.get(f"{ROOT}/remedies")).text
    await enter(browser, desk.merchant, boss)
    shown = (await browser.get(f"{ROOT}/remedies")).text
    request = await value(desk.merchant, "SELECT id FROM case_remedy_requests")
    path = f"/staff/inbox/remedies/{request}/decide"
    answer = await browser.post(path, form(shown, path) | {"decision": "give"})
    assert answer.status_code == 303, answer.text
    given = await value(desk.merchant, "SELECT amount_minor FROM case_remedies WHERE approved_by = $1", boss)
    assert given == 90_000


async def test_a_case_is_given_to_a_team_on_its_page(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    agent = await hire(desk.merchant)
    await enter(browser, desk.merchant, await hire(desk.merchant, "community_manager"))
    case_id = await open_case(client, desk)
    assert "/triage" not in (await browser.get(case_path(case_id))).text
    await save(browser, "teams", name="Parcels", **{f"room_{agent}": "5"})
    before = await state(desk.merchant)
    gone = await act(browser, case_id, "triage", team_id="x")
    assert gone.status_code == 422 and "There is no such team any more." in gone.text
    assert await state(desk.merchant) == before
    team = await value(desk.merchant, "SELECT id FROM case_teams")
    assert (await act(browser, case_id, "triage", team_id=str(team))).status_code == 303
    row = await case_row(desk.merchant, case_id)
    assert (row["team_id"], row["owner_id"], row["state"]) == (team, agent, "assigned")
    page = (await browser.get(case_path(case_id))).text
    assert "Team: Parcels" in page and "Mina" in page
    await enter(browser, desk.merchant, agent)
    assert "/triage" not in (await browser.get(case_path(case_id))).text


async def test_a_reward_that_is_sold_out_is_said_on_the_page(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    case_id = await open_case(client, desk)
    async with db.transaction(desk.merchant):
        await offer(wanted(1), "scarf", stock=0)
    before = await state(desk.merchant)
    answer = await act(browser, case_id, "remedy", kind="voucher", reward="scarf", text="My careful words")
    assert answer.status_code == 409 and "cannot have this reward now" in answer.text
    assert "My careful words" in answer.text and await state(desk.merchant) == before


async def test_one_deed_on_many(browser: Browser, client: httpx.AsyncClient, desk: Desk) -> None:
    agent = await hire(desk.merchant)
    await enter(browser, desk.merchant, await hire(desk.merchant, "community_manager"))
    cases = [await open_case(client, desk, f"r{n}", customer="", body="") for n in range(2)]
    page = (await browser.get("/staff/inbox")).text
    fields = form(page, "/staff/inbox/bulk")
    fields = {name: text for name, text in fields.items() if name != "cases"}
    none = await browser.post("/staff/inbox/bulk", fields | {"deed": "spam"})
    assert none.status_code == 422
    answer = await browser.post(
        "/staff/inbox/bulk", fields | {"deed": "assign", "cases": f"{cases[0]}:1", "staff_id": str(agent)}
    )
    assert answer.headers["location"].startswith("/staff/inbox?view=open&done=1&refused=0&undo=")
    assert "1 case done." in (await browser.get(answer.headers["location"])).text
    assert (await case_row(desk.merchant, cases[0]))["owner_id"] == agent
    fields |= {"deed": "spam", "idempotency_key": "stale", "cases": f"{cases[0]}:1"}
    stale = await browser.post("/staff/inbox/bulk", fields)
    assert stale.headers["location"] == "/staff/inbox?view=open&done=0&refused=1"
    assert (await case_row(desk.merchant, cases[0]))["state"] == "assigned"


async def test_who_else_is_looking(browser: Browser, client: httpx.AsyncClient, desk: Desk) -> None:
    mina, bo = await hire(desk.merchant, name="Mina"), await hire(desk.merchant, name="Bo")
    case_id = await open_case(client, desk)
    await enter(browser, desk.merchant, mina)
    assert "Also looking" not in (await browser.get(case_path(case_id))).text
    await enter(browser, desk.merchant, bo)
    assert "Also looking at this case now: Mina." in (await browser.get(case_path(case_id))).text
    assert "Mina is looking" in (await browser.get("/staff/inbox")).text


async def test_the_patrols_page(browser: Browser, client: httpx.AsyncClient, desk: Desk) -> None:
    case_id = await open_case(client, desk)
    await enter(browser, desk.merchant, await hire(desk.merchant, "community_manager"))
    page = (await browser.get("/staff/inbox/patrol")).text
    assert f'href="{case_path(case_id)}"' in page and "Without an owner: 1" in page


async def test_the_settings_lead_to_the_health_of_the_sources_whoever_may_see_it(
    browser: Browser, desk: Desk
) -> None:
    link = '<a href="/staff/studio/sources">Health of the sources</a>'
    for role, sees in (("community_manager", True), ("auditor", True), ("agent", False)):
        await enter(browser, desk.merchant, await hire(desk.merchant, role))
        assert (link in (await browser.get(f"{ROOT}/targets")).text) == sees, role
        found = await browser.get("/staff/studio/sources")
        assert found.status_code == (200 if sees else 403)
        if sees:
            assert '<a href="/staff/studio/sources" aria-current="page">Sources</a>' in found.text
