"""Every operation of the API, from its own description: with a key that may, with keys that may not."""

import itertools
import json
import re
import warnings
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from litestar.serialization import encode_json
from schemathesis.generation import GenerationMode

from api.app import App
from core.people.api_keys import SCOPES
from tests.access.conftest import fingerprint
from tests.access.doors import Door
from tests.access.everything import Everything
from tests.chaos.world import World
from tests.fuzz import places
from tests.fuzz.examples import ALL, examples
from tests.fuzz.tally import Tally
from tests.http.conftest import new_key, write

BASE = "http://shop.test"
REFUSED = {400, 401, 403, 404, 405, 413, 415, 429}
"""What answers may be to one who may not: also what no route takes, whoever asks."""


@dataclass(frozen=True)
class Made:
    """A request that nobody has sent yet. `label` and `path` are those of its operation."""

    label: str
    path: str
    request: Any


def described(app: App) -> list[Any]:
    """The operations of the OpenAPI document, as it is served."""
    document = json.loads(encode_json(app.openapi_schema.to_schema()))
    schema: Any = schemathesis.openapi.from_dict(document)
    return [found.ok() for found in schema.get_all_operations()]


@pytest.fixture(scope="module")
async def made(app: App, world: World, theirs: Everything) -> list[Made]:
    """For each operation, requests that fit its description and such that do not: about what is ours, what is
    theirs, and about nothing. `make test` takes one of these ways for each operation."""
    known = (await places.ours(world.merchant), places.owners(theirs))
    found: list[Made] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what cannot be generated is no fault of ours
        for number, operation in enumerate(described(app)):
            given = [None, *filter(None, (places.parameters(operation.path, each) for each in known))]
            ways = list(enumerate(itertools.product(given, GenerationMode)))
            for way, (each, mode) in ways if ALL else [ways[number % len(ways)]]:
                strategy = operation.as_strategy(generation_mode=mode, path_parameters=each)
                label = f"{operation.method.upper()} {operation.path}"
                found += [Made(label, operation.path, one) for one in _prepared(strategy, f"{label} {way}")]
    return found


def _prepared(strategy: Any, salt: str) -> list[Any]:
    found: list[Any] = []
    for case in examples(strategy, 2, salt):
        arguments = case.as_transport_kwargs(base_url=BASE)
        try:
            found.append(requests.Request(**arguments).prepare())
        except (ValueError, UnicodeError, requests.RequestException):
            continue  # no client could send this
    return found


async def send(client: httpx.AsyncClient, tally: Tally, one: Made, headers: dict[str, str]) -> httpx.Response:
    """As it was made, with other headers besides."""
    made = one.request
    own = {name: value for name, value in made.headers.items() if name.lower() not in _OURS}
    content = made.body.encode() if isinstance(made.body, str) else made.body
    request = client.build_request(made.method, made.url, headers=own | write(headers), content=content)
    answer = await client.send(request)
    tally.note(one.label, request, answer)
    return answer


_OURS = {"authorization", "idempotency-key", "content-length", "cookie", "connection", "accept-encoding"}


async def test_whoever_may_not_changes_nothing(
    every_door: list[Door],
    world: World,
    theirs: Everything,
    made: list[Made],
    client: httpx.AsyncClient,
    tally: Tally,
) -> None:
    """Without a key, with the session of the owner, and with a key that may do everything else."""
    asks = {f"{door.method} {_plain(door.path)}": door.asks for door in every_door if door.is_program}
    keys = {scope: await new_key(world.merchant, *(set(SCOPES) - {scope})) for scope in SCOPES}
    before = (await fingerprint(world.merchant), await fingerprint(theirs.merchant))
    for one in made:
        if not (scope := asks.get(one.label)):
            continue
        for headers in ({}, {"cookie": world.staff_cookie}, keys[scope]):
            answer = await send(client, tally, one, headers)
            if answer.status_code not in REFUSED:
                tally.fault("changes_by_denied_calls", f"not refused: {one.label} {answer.status_code}")
    if (await fingerprint(world.merchant), await fingerprint(theirs.merchant)) != before:
        tally.fault("changes_by_denied_calls", "rows were changed by calls of the API that were denied")


async def test_whoever_may_gets_an_answer(
    world: World, theirs: Everything, made: list[Made], client: httpx.AsyncClient, tally: Tally
) -> None:
    key = await new_key(world.merchant, *SCOPES)
    before = await fingerprint(theirs.merchant)
    for one in made:
        await send(client, tally, one, key)
    if await fingerprint(theirs.merchant) != before:
        tally.fault("changes_by_denied_calls", "rows of another merchant were changed by the API")


def _plain(path: str) -> str:
    """As OpenAPI writes it."""
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path)


def test_paths_are_spelled_as_in_the_description() -> None:
    assert _plain("/v1/rewards/{code:str}/stock") == "/v1/rewards/{code}/stock"


def test_every_operation_is_found(app: App, every_door: list[Door]) -> None:
    """What is asked for a scope is in the description: nothing is left out of the fuzzing."""
    found = {f"{each.method.upper()} {each.path}" for each in described(app)}
    assert {f"{door.method} {_plain(door.path)}" for door in every_door if door.is_program} <= found
