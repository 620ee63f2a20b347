"""A member's points in the shop's own page: by a token for one member, for an hour, and nothing else."""

import gzip
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api import member_token
from api.app import App, create_app
from api.member_token import VALID, MemberTokenInvalid
from api.public import router as public
from api.public.widget import MEMBER
from api.v1.members import v1_members
from core import clock, db
from core.embedded import Services
from core.i18n import LOCALES
from tests.conftest import new_merchant
from tests.http.conftest import new_key
from tests.http.shop import Shop, member_with, open_shop

LIMIT_BYTES = 15_000


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(public, v1=(v1_members,))


async def code_of(shop: Shop) -> str:
    async with db.transaction(shop.merchant):
        return str(await db.fetchval("SELECT code FROM merchants WHERE id = $1", shop.merchant))


async def token_of(client: httpx.AsyncClient, shop: Shop, customer: str, scope: str = "members:read") -> Any:
    key = await new_key(shop.merchant, scope)
    return await client.get(f"/v1/members/{customer}/widget-token", headers=key)


async def ask(client: httpx.AsyncClient, shop: Shop, token: str, locale: str = "en") -> httpx.Response:
    path = f"/public/{await code_of(shop)}/member?locale={locale}"
    return await client.post(path, content=token, headers={"content-type": "text/plain;charset=UTF-8"})


async def test_a_token_shows_its_members_points(client: httpx.AsyncClient, shop: Shop) -> None:
    customer = await member_with(shop, 300)
    token = (await token_of(client, shop, customer)).json()["token"]
    answer = await ask(client, shop, token)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    said = answer.json()
    assert said["points"] == "300 points"
    assert said["tier"] == {
        "name": "Silver",
        "share": 0.6,
        "next": "200 points to go until Gold.",
        "keep": said["tier"]["keep"],
    }
    assert said["reward"]["name"] == "Mug" and said["reward"]["share"] == 1
    [way] = said["ways"]
    async with db.transaction(shop.merchant):
        ids = {str(row["journal_id"]) for row in await db.fetch("SELECT journal_id FROM ledger_entries")}
    assert all(each["path"].removeprefix("/activity/") in ids for each in said["entries"])
    assert len(said["entries"]) == 2 and way.startswith("For each order: 1 point for every $1.00 spent")


async def test_in_each_language(client: httpx.AsyncClient, shop: Shop) -> None:
    token = (await token_of(client, shop, await member_with(shop, 300))).json()["token"]
    shown = [(await ask(client, shop, token, locale)).json() for locale in LOCALES]
    assert [each["language"] for each in shown] == list(LOCALES)
    assert len({each["points"] for each in shown}) == 3
    assert len({each["ways"][0] for each in shown}) == 3


async def test_only_who_has_the_scope_makes_one(client: httpx.AsyncClient, shop: Shop) -> None:
    customer = await member_with(shop, 300)
    assert (await token_of(client, shop, customer, "reviews:read")).status_code == 403
    assert (await token_of(client, shop, "nobody")).status_code == 404
    assert (await client.get(f"/v1/members/{customer}/widget-token")).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "A" * 90, "é", "A" * 5000, "\0"])
async def test_what_is_no_token(client: httpx.AsyncClient, shop: Shop, token: str) -> None:
    answer = await ask(client, shop, token)
    assert answer.status_code == 401 and answer.json()["code"] == "member_token_invalid"


async def test_of_another_shop_or_too_old_or_changed(
    client: httpx.AsyncClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await member_with(shop, 300)
    token = (await token_of(client, shop, customer)).json()["token"]
    other = await open_shop(await new_merchant())
    assert (await ask(client, other, token)).status_code == 401
    changed = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    assert (await ask(client, shop, changed)).status_code == 401
    assert (await ask(client, shop, token)).status_code == 200
    later = clock.now() + VALID + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert (await ask(client, shop, token)).status_code == 401


async def test_who_has_left_the_data_base_has_no_token(shop: Shop) -> None:
    now = clock.now()
    token = member_token.make(shop.merchant, shop.mug, now)
    assert member_token.customer_of(token, shop.merchant, now) == shop.mug
    for end in range(len(token)):
        with pytest.raises(MemberTokenInvalid):
            member_token.customer_of(token[:end], shop.merchant, now)


def test_the_script_is_small_and_asks_nobody_else() -> None:
    source = MEMBER.read_text(encoding="utf-8")
    assert len(gzip.compress(source.encode())) < LIMIT_BYTES
    assert not re.search(r"innerHTML|insertAdjacentHTML|eval\(|document\.write|\.style\b", source)
    words = re.search(r"const WORDS = \{(.*?)\n  \};", source, re.S)
    assert words
    names = [re.findall(r"(\w+): \"", block) for block in re.findall(r"\{(.*?)\}", words[1], re.S)]
    assert len(names) == 3 and names[0] == names[1] == names[2]
