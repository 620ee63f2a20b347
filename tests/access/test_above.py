"""An address that only takes forms leads a person to a page; a program is told so."""

import re

import httpx

from api.above import page_above
from api.app import App
from tests.access.doors import Door
from tests.http.conftest import PAGE

ANYTHING = {"uuid": "00000000-0000-7000-8000-000000000000", "str": "x"}


def _filled(path: str) -> str:
    return re.sub(r"\{\w+:(\w+)\}", lambda found: ANYTHING[found[1]], path)


def _only_posted(every_door: list[Door]) -> list[str]:
    pages = {door.path for door in every_door if door.method == "GET"}
    posted = {door.path for door in every_door if door.method == "POST" and not door.is_program}
    return sorted(_filled(path) for path in posted - pages)


async def test_every_address_of_a_form_leads_to_a_page(
    client: httpx.AsyncClient, every_door: list[Door]
) -> None:
    asked = [path for path in _only_posted(every_door) if path.startswith(("/staff", "/portal"))]
    assert len(asked) > 80, "nothing was looked at"
    for path in asked:
        answer = await client.get(path, headers=PAGE)
        assert answer.status_code == 303, path
        above = answer.headers["location"]
        assert above not in ("/", path) and path.startswith(f"{above}/"), path
        assert (await client.get(above, headers=PAGE)).status_code != 405, path


def test_which_page_it_is(app: App) -> None:
    case = f"/staff/inbox/cases/{ANYTHING['uuid']}"
    assert page_above(app, f"{case}/reply") == case
    assert page_above(app, "/staff/inbox/bulk/undo") == "/staff/inbox", "bulk is no page"
    assert page_above(app, "/staff/inbox/settings/targets/urgent/move") == "/staff/inbox/settings/targets"
    assert page_above(app, "/portal/rewards/no-uuid/redeem") == "/portal/rewards"
    assert page_above(app, "/language") == "/"


async def test_programs_and_other_methods_are_refused_as_before(client: httpx.AsyncClient) -> None:
    assert (await client.get("/staff/inbox/bulk")).status_code == 405
    assert (await client.delete("/staff/inbox/bulk", headers=PAGE)).status_code == 405
    assert (await client.get("/v1/events", headers=PAGE)).status_code == 405
