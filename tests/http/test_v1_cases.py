"""How cases are handled, by API: calendars, policies, teams, authorities, budget, decisions on remedies."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from api.app import App, create_app
from api.v1.case_settings import v1_case_settings
from api.v1.remedies import v1_remedies
from core import db
from core.embedded import Services
from core.ids import new_id
from reviews.cases.remedies import service as remedies
from reviews.cases.remedies.rules import Remedy
from tests.conftest import new_merchant
from tests.fixtures.reviews.shop import NOW, employee, open_case, rows, value
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
    return create_app(v1=(v1_case_settings, v1_remedies))


@pytest.fixture
async def key(merchant: UUID) -> dict[str, str]:
    return await new_key(merchant, "cases:read", "cases:write", "remedies:decide")


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
