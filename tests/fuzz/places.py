"""Addresses of doors with ids that there are: ours, theirs, or what nobody would call an id."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

from hypothesis import strategies as st

from core import db
from tests.access.doors import Door
from tests.access.everything import Everything
from tests.access.test_foreign import CODES, FIXED, OWNERS
from tests.fuzz.values import ODD_TEXTS

NOBODYS = "00000000-0000-7000-8000-000000000000"


async def ours(merchant: UUID) -> dict[str, str]:
    """For each `table.column` that a path can name, a value of our own where there is one."""
    wanted = {place if "." in place else f"{place}.id" for place in (*OWNERS.values(), *CODES.values())}
    found = {}
    async with db.transaction(merchant):
        for place in sorted(wanted):
            table, _, column = place.partition(".")
            value = await db.fetchval(f"SELECT {column} FROM {table} LIMIT 1")
            found[place] = NOBODYS if value is None else str(value)
    return found


def owners(theirs: Everything) -> dict[str, str]:
    """The same of somebody else."""
    places = {place if "." in place else f"{place}.id" for place in (*OWNERS.values(), *CODES.values())}
    return {place: str(theirs.rows[place.partition(".")[0]][place.partition(".")[2]]) for place in places}


def parameters(path: str, values: Mapping[str, str]) -> dict[str, str]:
    """A value for each parameter of a path, in either spelling ({id:uuid} or {id})."""
    parts = path.split("/")
    found = {}
    for at, part in enumerate(parts):
        if part.startswith("{"):
            name = part.strip("{}").partition(":")[0]
            place = CODES.get(parts[at - 1], "") if name == "code" else OWNERS.get(name, "")
            place = place if "." in place or not place else f"{place}.id"
            if name in FIXED or place:
                found[name] = FIXED.get(name) or values[place]
    return found


def addresses(door: Door, *known: Mapping[str, str]) -> st.SearchStrategy[str]:
    """Paths of a door."""
    names = [part.strip("{}").partition(":") for part in door.path.split("/") if part.startswith("{")]
    nobodys = {name: NOBODYS if kind == "uuid" else "x" for name, _, kind in names}
    choices: list[st.SearchStrategy[dict[str, Any]]] = [
        st.just(nobodys | parameters(door.path, each)) for each in known
    ]
    if names:
        choices.append(st.fixed_dictionaries({name: ODD_TEXTS for name, _, _ in names}))
    return st.one_of(choices).map(lambda chosen: _filled(door.path, chosen))


def _filled(path: str, chosen: Mapping[str, str]) -> str:
    parts = [
        quote(chosen[part.strip("{}").partition(":")[0]], safe="") if part.startswith("{") else part
        for part in path.split("/")
    ]
    return "/".join(parts)
