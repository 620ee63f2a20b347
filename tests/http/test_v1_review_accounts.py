"""Accounts at review sources by API: secrets go in and never come out."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from api.app import App, create_app
from api.v1.review_accounts import v1_review_accounts
from core import db
from core.embedded import Services
from core.ids import new_id
from tests.conftest import new_merchant
from tests.http.conftest import new_key, rows, write
from tests.http.test_errors import problem

PATH = "/v1/review-accounts"
SECRETS = ("GOCSPX-very-secret", "1//refresh-secret")
GOOGLE: dict[str, Any] = {
    "source": "google",
    "name": "Main street",
    "fields": {
        "location": "accounts/101/locations/202",
        "client_id": "client-7",
        "client_secret": SECRETS[0],
        "refresh_token": SECRETS[1],
    },
}


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(v1=(v1_review_accounts,))


@pytest.fixture
async def key(merchant: UUID) -> dict[str, str]:
    return await new_key(merchant, "reviews:read", "reviews:write")


async def state(merchant: UUID) -> str:
    async with db.transaction(merchant):
        return str(await db.fetchval("SELECT md5(string_agg(a::text, '|')) FROM review_accounts a"))


async def test_connect_look_read_and_disconnect(
    client: httpx.AsyncClient, merchant: UUID, key: dict[str, str]
) -> None:
    made = await client.post(PATH, json=GOOGLE, headers=write(key))
    assert made.status_code == 201, made.text
    account = made.json()
    assert (account["source"], account["account"], account["name"], account["state"]) == (
        *("google", "accounts/101/locations/202", "Main street", "connected"),
    )
    assert account["settings"] == {"location": "accounts/101/locations/202", "client_id": "client-7"}
    assert account["quota"] == {"left": 300, "calls": 300, "window_s": 60}
    assert (account["reviews"], account["last"], account["problem"]) == (0, None, None)

    one = f"{PATH}/{account['id']}"
    listed, found = await client.get(PATH, headers=key), await client.get(one, headers=key)
    assert listed.json() == {"accounts": [found.json()]}
    asked = await client.post(f"{one}/sync", json={"full": True}, headers=write(key))
    assert asked.status_code == 200
    again = await client.post(PATH, json=GOOGLE | {"name": "Renamed"}, headers=write(key))
    assert (again.json()["id"], again.json()["name"]) == (account["id"], "Renamed")
    gone = await client.delete(one, headers=write(key))
    assert (gone.json()["state"], gone.json()["quota"]) == ("disconnected", None)
    assert (await client.get(PATH, headers=key)).json() == {"accounts": []}
    problem(await client.post(f"{one}/sync", json={}, headers=write(key)), 404, "not_found")
    answers = (made, listed, found, asked, again, gone)
    assert not any(secret in answer.text for answer in answers for secret in SECRETS)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"source": "nowhere"}, 404, "not_found"),
        ({"fields": GOOGLE["fields"] | {"location": "x"}}, 422, "account_unfit"),
        ({"fields": GOOGLE["fields"] | {"surprise": "x"}}, 422, "account_unfit"),
        ({"fields": GOOGLE["fields"] | {"client_id": "a\nb"}}, 422, "account_unfit"),
        ({"fields": {}}, 422, "account_unfit"),
        ({"fields": GOOGLE["fields"] | {"client_secret": "x" * 3000}}, 422, "invalid_request"),
        ({"state": "connected"}, 422, "invalid_request"),
    ],
)
async def test_what_does_not_fit_is_refused_without_the_secrets(
    client: httpx.AsyncClient,
    merchant: UUID,
    key: dict[str, str],
    change: dict[str, Any],
    status: int,
    code: str,
) -> None:
    answer = await client.post(PATH, json=GOOGLE | change, headers=write(key))
    problem(answer, status, code)
    assert not any(secret in answer.text for secret in SECRETS)
    assert await rows(merchant, "review_accounts") == 0


async def test_a_key_for_reading_changes_nothing_and_another_shop_sees_nothing(
    client: httpx.AsyncClient, merchant: UUID, key: dict[str, str]
) -> None:
    one = f"{PATH}/{(await client.post(PATH, json=GOOGLE, headers=write(key))).json()['id']}"
    before = await state(merchant)
    reader = await new_key(merchant, "reviews:read")
    stranger = await new_key(await new_merchant(), "reviews:read", "reviews:write")
    for who, status, code in ((reader, 403, "scope_missing"), (stranger, 404, "not_found")):
        problem(await client.post(f"{one}/sync", json={}, headers=write(who)), status, code)
        problem(await client.delete(one, headers=write(who)), status, code)
    problem(await client.get(one, headers=stranger), 404, "not_found")
    problem(await client.get(f"{PATH}/{new_id()}", headers=key), 404, "not_found")
    assert await state(merchant) == before
