"""Every page and every form of people: with the role that may, and as everybody else."""

import urllib.parse
from typing import Any

import httpx
from hypothesis import strategies as st

from api.cookies import CUSTOMER_SESSION
from core import clock, db
from core.people import sessions
from core.people.roles import PERMISSIONS, ROLES
from tests.access.conftest import fingerprint
from tests.access.doors import Door
from tests.access.everything import Everything
from tests.access.test_foreign import STREAMS
from tests.chaos.world import World
from tests.fuzz import places
from tests.fuzz.examples import ALL, examples
from tests.fuzz.tally import Tally
from tests.fuzz.values import ODD_TEXTS, forms
from tests.http.conftest import PAGE, Browser
from tests.http.shop import enter_as_staff, speak

Request = tuple[str, dict[str, str], dict[str, str]]
"""Path, query, form."""
NOT_ASKED = {"data", "request", "user", "once", "body", "socket", "state"}


def pages(every_door: list[Door]) -> list[Door]:
    """Doors of people that end."""
    return [door for door in every_door if not door.is_program and door.path not in STREAMS]


def asked(door: Door, *known: dict[str, str]) -> st.SearchStrategy[Request]:
    """A path, a query and a form."""
    in_path = {part.strip("{}").partition(":")[0] for part in door.path.split("/") if part.startswith("{")}
    named = [name for name in door.handler.parsed_fn_signature.parameters if name not in NOT_ASKED | in_path]
    query = st.fixed_dictionaries({}, optional=dict.fromkeys(named, ODD_TEXTS))
    return st.tuples(places.addresses(door, *known), query, forms(door))


async def send(browser: Browser, tally: Tally, door: Door, each: Request, headers: Any) -> httpx.Response:
    """Ask for a page, or post a form."""
    path, query, form = each
    more: Any = {} if door.method == "GET" else {"data": form}
    where = f"{path}?{urllib.parse.urlencode(query)}" if query else path
    request = browser.client.build_request(door.method, where, headers=headers, **more)
    answer = await browser.client.send(request)
    tally.note(str(door), request, answer)
    return answer


async def enter_as_customer(browser: Browser, world: World) -> None:
    """Sign in as one of the shop's customers."""
    async with db.transaction(world.merchant):
        found = await db.fetchval("SELECT id FROM customers WHERE external_id = $1", world.customer)
        token = await sessions.start(clock.now(), customer_id=found)
    browser.client.cookies.set(CUSTOMER_SESSION, token)
    speak(browser, "en")


async def enter(browser: Browser, world: World, who: str) -> None:
    """Sign in as one of a role or as a customer; "" is nobody."""
    browser.client.cookies.clear()
    if who == "customer":
        await enter_as_customer(browser, world)
    elif who:
        await enter_as_staff(browser, world.merchant, who)


async def headers_of(browser: Browser) -> dict[str, str]:
    """Of one who has loaded a page before."""
    return PAGE | {"x-csrf-token": await browser.token("/nowhere")}


async def test_whoever_may_gets_a_page(
    every_door: list[Door], world: World, theirs: Everything, client: httpx.AsyncClient, tally: Tally
) -> None:
    """The owner of the shop, one of its customers, and a passer-by."""
    browser = Browser(client)
    ours, foreign = await places.ours(world.merchant), places.owners(theirs)
    before = await fingerprint(theirs.merchant)
    for who in ("owner", "customer", ""):
        await enter(browser, world, who)
        headers = await headers_of(browser)
        for door in pages(every_door):
            if _is_for(door, who) and door.path != "/sign-out":
                for each in examples(asked(door, ours, foreign), 2, f"{who} {door}"):
                    await send(browser, tally, door, each, headers)
    if await fingerprint(theirs.merchant) != before:
        tally.fault("changes_by_denied_calls", "rows of another merchant were changed by pages")


def _is_for(door: Door, who: str) -> bool:
    if not door.asks:
        return who == ""
    return who == ("customer" if door.asks == "customer" else "owner")


async def test_whoever_may_not_changes_nothing(
    every_door: list[Door], world: World, theirs: Everything, client: httpx.AsyncClient, tally: Tally
) -> None:
    """Each role at the doors of others, customers at those of staff, and nobody at all of them.

    `make test` tries each role at every third of its doors.
    """
    browser = Browser(client)
    ours = await places.ours(world.merchant)
    posted = {str(door): examples(asked(door, ours), 1, f"not {door}") for door in pages(every_door)}
    for nth, who in enumerate((*ROLES, "customer", "")):
        await enter(browser, world, who)
        headers = await headers_of(browser)
        before = (await fingerprint(world.merchant), await fingerprint(theirs.merchant))
        shut = [door for door in pages(every_door) if not _may(who, door.asks)]
        for door in shut if ALL else shut[nth % 3 :: 3]:
            for each in posted[str(door)]:
                answer = await send(browser, tally, door, each, headers)
                if answer.is_success:
                    tally.fault("changes_by_denied_calls", f"not refused to {who or 'nobody'}: {door}")
        if (await fingerprint(world.merchant), await fingerprint(theirs.merchant)) != before:
            tally.fault(
                "changes_by_denied_calls", f"rows were changed by forms that {who or 'nobody'} may not post"
            )


def _may(who: str, asks: str) -> bool:
    return asks in ("", who) or (who in ROLES and (asks == "staff" or who in PERMISSIONS.get(asks, ())))
