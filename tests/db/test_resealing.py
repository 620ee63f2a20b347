"""The key of the installation is replaced: nothing is forgotten, the old key is not needed any more."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pyotp
import pytest

from admin.commands import secrets as commands
from core import clock, db, resealing
from core.embedded import Services
from core.ids import new_id
from core.notifications import settings as gateways
from core.people import customers, handoff, keys, second_factor, staff, webhooks
from core.people.company import settings as company
from core.people.company.settings import Provider
from core.people.customers import CustomerRow
from core.purge import purge
from core.settings import settings
from core.vault import KEY_BYTES, Vault, vault
from core.webhooks import endpoints
from reviews.accounts import service as accounts
from reviews.connectors.wire import Token

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLD, NEW = "0a" * KEY_BYTES, "0b" * KEY_BYTES
ELSEWISE = {
    "case_pictures.image": "a picture",
    "case_pictures.small": "a picture",
    "idempotency_keys.body": "an answer",
    "mails.sealed": "under the reader's own key, which is sealed",
    "opening_imports.content": "a file",
    "person_export_parts.sealed": "under the person's own key, which is sealed",
    "review_import_parts.bytes": "of a file",
    "review_photos.image": "a picture",
    "review_photos.small": "a picture",
    "review_votes.voter": "a digest",
}
"""Columns of bytes that no key of the installation has sealed, besides digests that are called so."""
BYTES = """
SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE a.atttypid = 'bytea'::regtype AND c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
  AND NOT a.attisdropped AND NOT c.relispartition
"""


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Go on with these keys, as after a restart."""

    def these(*words: str) -> None:
        monkeypatch.setenv("REGULARS_ENCRYPTION_KEYS", ",".join(words))
        settings.cache_clear()
        vault.cache_clear()

    yield these
    monkeypatch.undo()
    settings.cache_clear()
    vault.cache_clear()


class CutOff(Exception):
    """The process was ended."""


async def reseal() -> dict[str, int]:
    """How many values were sealed anew, by column."""
    return {str(done.column): done.sealed async for done in resealing.reseal() if done.sealed}


async def people(merchant: UUID, count: int) -> list[UUID]:
    """Customers who have a key of their own."""
    async with db.transaction(merchant):
        await customers.upsert([CustomerRow(f"c-{n}", NOW) for n in range(count)])
        ids = [row["id"] for row in await db.fetch("SELECT id FROM customers ORDER BY id")]
        for each in ids:
            await keys.of(each)
    return ids


async def test_every_column_of_bytes_is_in_the_list_or_no_secret(database: Services) -> None:
    connection = await asyncpg.connect(database.database_admin_url)
    try:
        found = {row[0] for row in await connection.fetch(BYTES)}
    finally:
        await connection.close()
    digests = {each for each in found if each.endswith(("hash", "digest", "fingerprint"))}
    assert {str(each) for each in resealing.columns()} == found - digests - set(ELSEWISE)


def test_every_module_that_seals_is_in_the_list() -> None:
    packages = ("core", "loyalty", "reviews", "sentiment", "api", "admin")
    files = [file for package in packages for file in (ROOT / package).rglob("*.py")]
    seals = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for file in files
        if re.search(r"vault\(\)\s*\.seal\(", file.read_text("utf-8"))
    }
    assert seals - {"core.resealing"} == set(resealing.MODULES)


async def test_after_it_the_old_key_is_not_needed(
    merchant: UUID, use: Callable[..., None], sweep_only: Callable[..., None]
) -> None:
    use(OLD)
    sweep_only(merchant)
    [ana] = await people(merchant, 1)
    async with db.transaction(merchant):
        sealed_for_ana = (await keys.of(ana)).seal(b"hello", "here")
        mina = await staff.create(
            f"{merchant.hex}@example.test", "Mina", "owner", "a good long password", NOW
        )
        drafted = second_factor.draft(mina, "mina@example.test", "Shop")
        codes = pyotp.TOTP(drafted.secret.replace("-", ""))
        await second_factor.set_up(drafted.sealed, codes.at(NOW), mina, NOW)
        await company.put(Provider("https://id.example", "client", "of the client"), mina, NOW)
        signs = await gateways.set_gateway("sms", "https://sms.example/in", NOW)
        endpoint = await endpoints.add(endpoints.Wanted("https://shop.example/hooks"), NOW)
        await endpoints.rotate(endpoint.id, NOW)
        told = await endpoints.secret(endpoint.id)
        await webhooks.create("shop", NOW)
        await handoff.create_key("server", NOW)
        given = {"url": "https://shop.example", "consumer_key": "k", "consumer_secret": "s"}
        account = await accounts.find(await accounts.connect("woocommerce", "", given, NOW))
        hook = accounts.hook_secret(account)
    await accounts._Tokens(account).save(Token("abc", NOW + timedelta(days=1)))

    use(NEW, OLD)
    assert await reseal() == {str(each): 1 for each in resealing.columns()}
    assert await reseal() == {}

    use(NEW)
    async with db.transaction(merchant):
        for each in resealing.columns():
            row = await db.fetchrow(f"SELECT * FROM {each.table}")
            assert row is not None
            assert vault().open(bytes(row[each.column]), each.place(row))
        assert (await keys.of(ana)).open(sealed_for_ana, "here") == b"hello"
        found = await company.find()
        assert found is not None and found.client_secret == "of the client"
        assert (await gateways.gateways())["sms"].secret == signs
        assert await endpoints.secret(endpoint.id) == told
        assert accounts.hook_secret(await accounts.find(account.id)) == hook
    token = await accounts._Tokens(account).load()
    assert token is not None and token.access == "abc"
    later = NOW + timedelta(seconds=second_factor.STEP_S)
    await second_factor.prove(codes.at(later), merchant, mina, later)


async def test_who_is_cut_off_goes_on(
    merchant: UUID,
    use: Callable[..., None],
    sweep_only: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(OLD)
    sweep_only(merchant)
    await people(merchant, 5)
    use(NEW, OLD)
    monkeypatch.setattr(resealing, "BATCH", 2)
    seal, calls = Vault.seal, 0

    def dies(self: Vault, plain: bytes, place: str) -> bytes:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise CutOff
        return seal(self, plain, place)

    with monkeypatch.context() as broken:
        broken.setattr(Vault, "seal", dies)
        with pytest.raises(CutOff):
            await reseal()
    assert await reseal() == {"person_keys.sealed_key": 3}, "the first two were committed"


async def test_what_no_key_opens_is_said_and_hinders_nothing(
    merchant: UUID,
    use: Callable[..., None],
    sweep_only: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    use("0c" * KEY_BYTES)
    sweep_only(merchant)
    monkeypatch.setattr(resealing, "BATCH", 1)
    async with db.transaction(merchant):
        lost = [await handoff.create_key(name, NOW) for name in ("a", "b")]
    use(OLD)
    async with db.transaction(merchant):
        await handoff.create_key("c", NOW)
        before = await db.fetch("SELECT secret FROM handoff_keys WHERE id = ANY ($1)", [e.id for e in lost])
    use(NEW, OLD)
    assert await commands.reseal() == 1
    said = capsys.readouterr().out
    assert "handoff_keys.secret: 1 sealed anew" in said
    assert all(f"handoff_keys.secret of {each.id}: none of the keys opens it" in said for each in lost)
    async with db.transaction(merchant):
        after = await db.fetch("SELECT secret FROM handoff_keys WHERE id = ANY ($1)", [e.id for e in lost])
    assert after == before


async def test_what_the_version_before_reads_in_clear_is_sealed_when_it_is_gone(
    merchant: UUID, sweep_only: Callable[..., None]
) -> None:
    """In a rolling upgrade the scheduler is new while an old API process still checks signatures."""
    sweep_only(merchant)
    async with db.transaction(merchant):
        await db.execute(
            "INSERT INTO webhook_sources (merchant_id, name, secret, created_at)"
            " VALUES ($1, 'shop', 'whsec_AAAA', $2)",
            merchant,
            NOW,
        )
    for after, left in ((timedelta(hours=1), "whsec_AAAA"), (timedelta(hours=25), None)):
        await purge(clock.now() + after, 10**9)
        async with db.transaction(merchant):
            [row] = await db.fetch("SELECT secret FROM webhook_sources")
        assert row["secret"] == left


async def test_what_was_in_clear_is_sealed(
    merchant: UUID, sweep_only: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    sweep_only(merchant)
    source = new_id()
    async with db.transaction(merchant):
        await db.execute(
            "INSERT INTO webhook_sources (id, merchant_id, name, secret, created_at)"
            " VALUES ($1, $2, 'shop', 'whsec_AAAA', $3)",
            source,
            merchant,
            NOW,
        )
    assert await commands.reseal() == 0
    assert "1 sealed anew, 0 lost" in capsys.readouterr().out
    async with db.transaction(merchant):
        row = await db.fetchrow("SELECT * FROM gate_webhook_source($1)", source)
    assert row is not None and row["secret"] is None
    assert webhooks._secret(source, row) == "whsec_AAAA"
