"""Cases by API, and how they are handled: calendars, policies, teams, authorities, budget, decisions."""

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from api.app import App, create_app
from api.v1.case_settings import v1_case_settings
from api.v1.cases import v1_cases
from api.v1.remedies import v1_remedies
from core import db
from core.embedded import Services
from core.ids import new_id
from core.people import customers
from core.people.tokens import merchant_of
from reviews import pages
from reviews.cases import service
from reviews.cases.remedies import service as remedies
from reviews.cases.remedies.rules import Remedy
from reviews.surveys import service as surveys
from tests.conftest import new_merchant
from tests.fixtures.reviews.shop import NOW, customer, employee, open_case, rows, value
from tests.http.conftest import new_key, write
from tests.http.test_errors import problem

OFFICE: dict[str, Any] = {
    "name": "Office",
    "zone": "Asia/Shanghai",
    "shifts": [{"weekday": day, "begins_min": 540, "ends_min": 1080} for day in range(5)],
    "country": "CN",
    "closed": ["2026-12-24"],
}
EMPTY = {"weekday": 0, "begins_min": 9, "ends_min": 9}
QUICK: dict[str, Any] = {"name": "Quick", "targets": {"resolution": 7200}, "calendar": "office"}
TABLES = ("calendars", "policies", "teams", "authorities", "budgets", "remedy_requests", "remedies")
STATE = "SELECT md5(concat_ws('/', {}))".format(
    ", ".join(f"(SELECT string_agg(t::text, '|') FROM case_{table} t)" for table in TABLES)
)


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(v1=(v1_cases, v1_case_settings, v1_remedies))


@pytest.fixture
async def key(merchant: UUID) -> dict[str, str]:
    return await new_key(merchant, "cases:read", "cases:write", "remedies:decide")


async def version(case: UUID) -> int:
    """As it is now, in the open transaction."""
    found: int = await db.fetchval("SELECT version FROM cases WHERE id = $1", case)
    return found


async def put(client: httpx.AsyncClient, key: dict[str, str], path: str, body: Any) -> Any:
    answer = await client.put(f"/v1/{path}", json=body, headers=write(key))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_calendars_and_policies_come_back_as_they_were_sent(
    client: httpx.AsyncClient, merchant: UUID, key: dict[str, str]
) -> None:
    kept = await put(client, key, "cases/calendars/office", OFFICE)
    assert kept == OFFICE | {"code": "office"}
    assert (await client.get("/v1/cases/calendars", headers=key)).json() == {"calendars": [kept]}
    await put(client, key, "cases/policies/quick", QUICK)
    vip = {"name": "VIP", "targets": {"first_reply": 600, "resolution": 3600}, "fits": {"tiers": ["gold"]}}
    made = await put(client, key, "cases/policies/vip", vip | {"pauses": []})
    assert (made["fits"]["tiers"], made["pauses"], made["targets"]["first_reply"]) == (["gold"], [], 600)
    ordered = await put(client, key, "cases/policies", {"codes": ["vip", "quick"]})
    assert [each["code"] for each in ordered["policies"]] == ["vip", "quick"]
    assert (await client.get("/v1/cases/policies", headers=key)).json() == ordered
    await open_case(merchant)
    assert await value(merchant, "SELECT target_s FROM case_clocks") == 7200

    used = await client.delete("/v1/cases/calendars/office", headers=write(key))
    problem(used, 409, "calendar_in_use")
    once = write(key)
    for replayed in (False, True):
        gone = await client.delete("/v1/cases/policies/quick", headers=once)
        assert (gone.json(), "idempotency-replayed" in gone.headers) == ({"removed": "quick"}, replayed)
    problem(await client.delete("/v1/cases/policies/quick", headers=write(key)), 404, "not_found")
    assert (await client.delete("/v1/cases/calendars/office", headers=write(key))).status_code == 200


async def test_teams(client: httpx.AsyncClient, merchant: UUID, key: dict[str, str]) -> None:
    agent, team = str(await employee(merchant)), str(new_id())
    body = {
        "name": "Parcels",
        "aspects": ["shipping"],
        "languages": ["en"],
        "lead_id": agent,
        "people": {agent: 3},
    }
    assert await put(client, key, f"cases/teams/{team}", body) == body | {"id": team}
    assert (await client.get("/v1/cases/teams", headers=key)).json() == {"teams": [body | {"id": team}]}
    assert (await client.delete(f"/v1/cases/teams/{team}", headers=write(key))).json() == {"removed": team}
    assert (await client.get("/v1/cases/teams", headers=key)).json() == {"teams": []}


async def test_authority_and_budget(client: httpx.AsyncClient, merchant: UUID, key: dict[str, str]) -> None:
    agent = {"points": 70, "amount_minor": 1250}
    found = await put(client, key, "remedies/authorities/agent", agent)
    assert found["authorities"]["agent"] == agent
    assert (await client.get("/v1/remedies/authorities", headers=key)).json() == found
    limits = {"points_per_month": 500, "amount_minor_per_month": 100_050}
    assert await put(client, key, "remedies/budget", limits) == limits
    assert (await client.get("/v1/remedies/budget", headers=key)).json() == limits


async def test_a_persons_decision_is_carried_and_nobody_elses(
    client: httpx.AsyncClient, merchant: UUID, key: dict[str, str]
) -> None:
    case, agent, boss = await open_case(merchant), await employee(merchant), await employee(merchant, "owner")
    refund = Remedy(kind="refund", amount_minor=90_000, currency="USD", message="Sorry")
    async with db.transaction(merchant):
        request = await remedies.ask(case, refund, "q1", agent, NOW)
    (waiting,) = (await client.get("/v1/remedies/requests", headers=key)).json()["requests"]
    assert (waiting["id"], waiting["kind"], waiting["amount_minor"]) == (str(request), "refund", 90_000)
    path, before = f"/v1/remedies/requests/{request}/decide", await value(merchant, STATE)
    for by in (agent, await employee(merchant), new_id()):
        refused = await client.post(path, json={"decision": "give", "by": str(by)}, headers=write(key))
        problem(refused, 403, "forbidden")
    assert await value(merchant, STATE) == before
    once, body = write(key), {"decision": "give", "by": str(boss)}
    answers = [await client.post(path, json=body, headers=once) for _ in range(2)]
    assert [each.json() for each in answers] == [{"state": "given"}] * 2
    assert await rows(merchant, "SELECT amount_minor, approved_by FROM case_remedies") == [(90_000, boss)]
    problem(await client.post(path, json=body, headers=write(key)), 409, "remedy_decided")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("cases/calendars/x", OFFICE | {"shifts": []}, 422, "invalid_request"),
        ("cases/calendars/x", OFFICE | {"zone": "Mars"}, 422, "time_zone_unknown"),
        ("cases/calendars/x", OFFICE | {"country": "XX"}, 422, "calendar_unfit"),
        ("cases/calendars/x", OFFICE | {"shifts": [EMPTY]}, 422, "calendar_unfit"),
        ("cases/calendars/NO", OFFICE, 422, "calendar_unfit"),
        ("cases/policies/x", QUICK, 422, "policy_unfit"),  # without its calendar
        ("cases/policies/x", {"name": "X", "targets": {}}, 422, "policy_unfit"),
        ("cases/policies/x", {"name": "X", "targets": {"resolution": 1}}, 422, "invalid_request"),
        ("cases/policies/x", {"name": "X", "targets": {"resolution": 60}, "more": 1}, 422, "invalid_request"),
        (f"cases/teams/{UUID(int=1)}", {"name": "T", "people": {str(UUID(int=2)): 1}}, 422, "team_unfit"),
        (f"cases/teams/{UUID(int=3)}", {"name": "T", "aspects": ["magic"]}, 422, "invalid_request"),
        ("remedies/authorities/auditor", {"points": 1, "amount_minor": 1}, 422, "remedy_unfit"),
        ("remedies/authorities/agent", {"points": -1, "amount_minor": 1}, 422, "invalid_request"),
        ("remedies/budget", {"points_per_month": 10**13}, 422, "invalid_request"),
    ],
)  # fmt: skip
async def test_what_is_refused_changes_nothing(
    client: httpx.AsyncClient,
    merchant: UUID,
    key: dict[str, str],
    path: str,
    body: Any,
    status: int,
    code: str,
) -> None:
    before = await value(merchant, STATE)
    answer = await client.put(f"/v1/{path}", json=body, headers=write(key))
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert await value(merchant, STATE) == before


async def test_without_the_scope_and_from_elsewhere(
    client: httpx.AsyncClient, merchant: UUID, key: dict[str, str]
) -> None:
    await put(client, key, "cases/calendars/office", OFFICE)
    before = await value(merchant, STATE)
    reader = await new_key(merchant, "cases:read", "reviews:write")
    for path, body in (("cases/calendars/office", OFFICE), ("remedies/budget", {"points_per_month": 1})):
        problem(await client.put(f"/v1/{path}", json=body, headers=write(reader)), 403, "scope_missing")
    decide = f"/v1/remedies/requests/{new_id()}/decide"
    body = {"decision": "give", "by": str(new_id())}
    problem(await client.post(decide, json=body, headers=write(reader)), 403, "scope_missing")
    stranger = await new_key(await new_merchant(), "cases:read", "cases:write")
    assert (await client.get("/v1/cases/calendars", headers=stranger)).json() == {"calendars": []}
    problem(await client.delete("/v1/cases/calendars/office", headers=write(stranger)), 404, "not_found")
    assert await value(merchant, STATE) == before


async def listed(client: httpx.AsyncClient, key: dict[str, str], **asked: Any) -> list[int]:
    """Numbers of all that fit, page by page."""
    found: list[int] = []
    after = ""
    while True:
        answer = await client.get("/v1/cases/", params={**asked, "after": after, "limit": 2}, headers=key)
        assert answer.status_code == 200, answer.text
        found += [each["number"] for each in answer.json()["cases"]]
        after = answer.json()["next_after"] or ""
        if not after:
            return found


async def test_all_cases_page_by_page_and_narrowed(
    client: httpx.AsyncClient, merchant: UUID, key: dict[str, str]
) -> None:
    agent, ana, old = (
        await employee(merchant),
        await customer(merchant, "ana"),
        await customer(merchant, "old"),
    )
    cases = [await open_case(merchant, external_id=f"r{n}") for n in range(4)]
    cases.append(await open_case(merchant, external_id="r4", customer_id=old))
    async with db.transaction(merchant):
        await customers.merge("old", "ana", NOW)
        await db.execute("UPDATE cases SET priority = number * 10, owner_id = NULL")
        await db.execute("UPDATE cases SET owner_id = $1 WHERE number IN (2, 3)", agent)
        await service.resolve(cases[1], agent, await version(cases[1]), NOW)
        await service.spam(cases[3], agent, await version(cases[3]), NOW)
    assert await listed(client, key) == [5, 4, 3, 2, 1]
    assert await listed(client, key, state="open") == [5, 3, 1]
    assert await listed(client, key, state="done") == [4, 2]
    assert await listed(client, key, state="spam") == [4]
    assert await listed(client, key, owner=str(agent)) == [3, 2]
    assert await listed(client, key, unowned=True) == [5, 1]
    assert await listed(client, key, priority_from=20, state="open") == [5, 3]
    assert await listed(client, key, customer_id="old") == await listed(client, key, customer_id="ana") == [5]
    assert await listed(client, key, customer_id="nobody at all") == []
    (last,) = (await client.get("/v1/cases/?customer_id=ana", headers=key)).json()["cases"]
    assert (last["customer_id"], last["cause"], last["resolved_at"]) == ("ana", "review", None)
    assert (await client.get(f"/v1/cases/{cases[4]}", headers=key)).json() == last
    assert ana != old


async def test_a_list_that_cannot_be_read(
    client: httpx.AsyncClient, merchant: UUID, key: dict[str, str]
) -> None:
    await open_case(merchant)
    for asked in ({"state": "lost"}, {"owner": "me"}, {"limit": 201}, {"priority_from": -1}):
        answer = await client.get("/v1/cases/", params=asked, headers=key)
        assert answer.status_code in (400, 422), (asked, answer.text)
    for cursor in ("x", "WzFd" * 40, pages.cursor(["a"]), pages.cursor([1, 2]), pages.cursor([2**70])):
        problem(await client.get("/v1/cases/", params={"after": cursor}, headers=key), 422, "cursor_invalid")
    stranger = await new_key(await new_merchant(), "cases:read")
    assert await listed(client, stranger) == []
    problem(await client.get(f"/v1/cases/{new_id()}", headers=key), 404, "not_found")
    reviewer = await new_key(merchant, "reviews:read")
    problem(await client.get("/v1/cases/", headers=reviewer), 403, "scope_missing")


async def test_a_link_to_the_survey_about_a_resolved_case(
    client: httpx.AsyncClient, merchant: UUID, key: dict[str, str]
) -> None:
    ana, agent = await customer(merchant, "ana"), await employee(merchant)
    case, nobodys = await open_case(merchant, customer_id=ana), await open_case(merchant, external_id="r2")
    path = f"/v1/cases/{case}/survey-links"
    problem(await client.post(path, headers=write(key)), 404, "survey_case_unfit")
    async with db.transaction(merchant):
        for each in (case, nobodys):
            await service.resolve(each, agent, await version(each), NOW)
    assert await value(merchant, "SELECT count(*) FROM case_surveys") == 0
    once = write(key)
    first, again = [(await client.post(path, headers=once)).json() for _ in range(2)]
    other = (await client.post(path, headers=write(key))).json()
    assert first == again != other
    token = parse_qs(urlsplit(first["url"]).query)["token"][0]
    assert await merchant_of("gate_survey_link", token) == merchant
    async with db.transaction(merchant):
        survey, _ = await surveys.open_link(token)
    assert (survey.case_id, survey.customer_id) == (case, ana)
    assert await value(merchant, "SELECT count(*) FROM case_surveys") == 1
    unknown = f"/v1/cases/{nobodys}/survey-links"
    problem(await client.post(unknown, headers=write(key)), 404, "survey_case_unfit")
    stranger = await new_key(await new_merchant(), "cases:write")
    problem(await client.post(path, headers=write(stranger)), 404, "survey_case_unfit")
