"""Credentials: sealed, said nowhere, replaceable; and where a shop's address may not lead."""

import base64
import json
import secrets
from collections.abc import Callable
from uuid import UUID

import click
import pytest

from admin.commands import sources as commands
from core import clock, db, resealing
from core.errors import NotFound
from core.settings import settings
from core.vault import Sealed, vault
from reviews.accounts import service, sync
from reviews.connectors.model import AccountUnfit
from tests.contract.conftest import Joined, fake_of, join, write
from tests.contract.fakes.google import FakeGoogle
from tests.contract.fakes.server import Fake, answers
from tests.contract.fakes.woocommerce import FakeWooCommerce
from tests.factories.command import regulars

SECRET_FIELDS = (
    "client_secret",
    "refresh_token",
    "api_key",
    "api_secret",
    "password",
    "consumer_key",
    "private_key",
)


def secrets_of(fake: Fake) -> list[str]:
    return [value for name, value in fake.fields.items() if name in SECRET_FIELDS and len(value) > 6]


async def test_no_secret_and_no_token_is_logged_or_stored_in_clear(
    joined: Joined, capfd: pytest.CaptureFixture[str]
) -> None:
    write(joined.fake, 3)
    joined.fake.trouble(answers(401), answers(500), answers(500), answers(500))
    await joined.read()
    joined.fake.trouble(*[answers(401)] * 4)
    await joined.ask()
    await joined.read()
    out = "".join(capfd.readouterr())
    assert "source failed" in out
    stored = [row[0] for row in await joined.rows("SELECT a::text FROM review_accounts a")]
    stored += [row[0] for row in await joined.rows("SELECT s::text FROM review_syncs s")]
    tokens = list(getattr(joined.fake, "tokens", ()))
    for secret in [*secrets_of(joined.fake), *tokens]:
        assert secret not in out
        assert not any(secret in row for row in stored)


async def test_keys_are_replaced_without_connecting_again(
    joined: Joined, monkeypatch: pytest.MonkeyPatch, sweep_only: Callable[..., None]
) -> None:
    sweep_only(joined.merchant)
    old = vault()
    new = secrets.token_bytes(32)
    kept = (settings().data_dir / "encryption_key").read_text().strip()

    def use(keys: str) -> None:
        monkeypatch.setenv("REGULARS_ENCRYPTION_KEYS", keys)
        settings.cache_clear()
        vault.cache_clear()

    sealed = (await joined.account()).credentials
    assert sealed is not None and sealed.startswith(old.first)
    use(f"{base64.b64encode(new).decode()},{kept}")
    assert sum([done.sealed async for done in resealing.reseal()]) >= 1
    assert sum([done.sealed async for done in resealing.reseal()]) == 0
    use(new.hex())
    write(joined.fake, 2)
    await joined.ask()
    assert (await joined.read())["new"] == 2

    use(secrets.token_hex(32))
    await joined.ask()
    await joined.read()
    account = await joined.account()
    assert (account.state, account.problem) == ("refused", "secret_sealed")
    with pytest.raises(Sealed):
        async with db.transaction(joined.merchant):
            service.hook_secret(account)
    monkeypatch.undo()
    settings.cache_clear()
    vault.cache_clear()


async def test_connected_again_it_is_the_same_account_with_its_webhook(joined: Joined) -> None:
    write(joined.fake, 2)
    await joined.read()
    async with db.transaction(joined.merchant):
        before = service.hook_secret(await service.find(joined.id))
        again = await service.connect(joined.source, "Other name", joined.fake.fields, clock.now())
        assert again == joined.id
        assert service.hook_secret(await service.find(again)) == before
        await service.disconnect(again)
        await service.disconnect(again)
        assert await service.every() == []
        assert await service.connect(joined.source, "", joined.fake.fields, clock.now()) == joined.id
    assert len(await joined.texts()) == 2


async def test_a_shops_address_must_not_lead_into_our_network(merchant: UUID) -> None:
    """The name is judged when it is connected, and what it stands for each time it is called."""
    given = {"consumer_key": "k", "consumer_secret": "s"}
    for url in ("http://127.0.0.1:9", "http://shop.example", "https://u:p@shop.example", "file:///etc"):
        with pytest.raises(AccountUnfit, match="url"):
            async with db.transaction(merchant):
                await service.connect("woocommerce", "", given | {"url": url}, clock.now())
    with fake_of(FakeWooCommerce) as fake:
        async with db.transaction(merchant):
            port = fake.url.rsplit(":", 1)[1]
            account_id = await service.connect(
                "woocommerce", "", given | {"url": f"https://localhost:{port}"}, clock.now()
            )
        joined = Joined(merchant, fake, account_id)
        failed = await joined.read()
        account = await joined.account()
        assert (failed["state"], account.problem) == ("failed", "source_refused")
        assert "private network" in account.problem_detail
        assert fake.asked == []


async def test_a_mistake_of_ours_is_seen_and_holds_no_account(
    merchant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_of(FakeGoogle) as fake:
        joined = await join(merchant, fake)

        async def broken(*_: object) -> None:
            raise KeyError("oops")

        monkeypatch.setattr("reviews.connectors.google.Google.page", broken)
        await joined.read()
        account = await joined.account()
        assert (account.problem, account.failures) == ("source_failed", 1)
        assert await sync.claim(merchant, account.next_at) is not None


# --- the command line ---------------------------------------------------------------------------------


async def test_an_operator_connects_reads_and_removes(
    merchant: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    with fake_of(FakeGoogle) as fake:
        write(fake, 3)
        async with db.transaction(merchant):
            code = await db.fetchval("SELECT code FROM merchants")
        fields = fake.fields
        named = {name: fields[name] for name in ("location", "client_id")}
        with pytest.raises(click.UsageError, match="client_secret is a secret"):
            commands.filled("google", named | {"client_secret": "x"}, stdin=False)
        status, out, errors = await regulars(
            "reviews",
            "accounts",
            *("add", "google", "--name", "Main", "--stdin", "--merchant", code),
            *[part for name, value in named.items() for part in ("--set", f"{name}={value}")],
            given=f"client_secret={fields['client_secret']}\n",
            REGULARS_SOURCE_REFRESH_TOKEN=fields["refresh_token"],
        )
        assert status == 0, errors
        account = UUID(out.split()[-1])
        await commands.sync(code, account, full=False, accept_removals=False)
        await commands.show(code)
        await commands.remove(code, account)
        said = capsys.readouterr().out
        assert "full: 3 seen, 3 new, 0 changed, 0 removed, 0 rejected" in said
        assert str(account) in said and "298 of 300" in said
        assert fields["client_secret"] not in said + out + errors
        with pytest.raises(NotFound):
            await commands.sync(code, account, full=False, accept_removals=False)
        joined = Joined(merchant, fake, account)
        assert len(await joined.texts()) == 3
        assert json.loads((await joined.rows("SELECT settings FROM review_accounts"))[0][0]) == named
