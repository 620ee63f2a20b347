"""People: staff, sessions, sign-in links, keys, signed sources and customers."""

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
from contextvars import Context
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from standardwebhooks.webhooks import Webhook

from core import clock, db, tenancy
from core.days import TimeZoneUnknown
from core.ids import new_id
from core.mail import service as mail
from core.people import api_keys, customers, login_links, sessions, staff, throttle, webhooks
from core.people.customers import CustomerRow
from core.people.roles import PERMISSIONS, ROLES, permissions_of
from core.settings import settings
from tests.conftest import new_merchant

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PASSWORD = "a good long password"


def unique_email() -> str:
    return f"{secrets.token_hex(6)}@example.test"


async def new_staff(merchant: UUID, role: str = "agent") -> str:
    email = unique_email()
    async with db.transaction(merchant):
        await staff.create(email, "Mina", role, PASSWORD, NOW)
    return email


async def count(merchant: UUID, table: str) -> int:
    async with db.transaction(merchant):
        return int(await db.fetchval(f"SELECT count(*) FROM {table}"))


# --- staff and sessions ---------------------------------------------------------------------------


async def test_staff_sign_in_and_only_the_digest_of_the_token_is_kept(merchant: UUID) -> None:
    email = await new_staff(merchant)
    token = await staff.sign_in(f" {email.upper()} ", PASSWORD, "10.0.0.1", NOW)
    found = await sessions.find(token, NOW)
    assert found is not None
    assert found.merchant_id == merchant
    async with db.transaction(merchant):
        kept = await db.fetchval("SELECT token_hash FROM sessions")
        hashed = await db.fetchval("SELECT password_hash FROM staff")
        assert found.staff_id is not None
        member = await staff.find(found.staff_id)
    assert kept == hashlib.sha256(token.encode()).digest()
    assert len(base64.urlsafe_b64decode(token + "=")) == 32
    assert hashed.startswith("$argon2id$")
    assert member is not None
    assert (member.email, member.role) == (email, "agent")


async def test_wrong_password_unknown_address_and_disabled_are_not_told_apart(merchant: UUID) -> None:
    email, gone = await new_staff(merchant), await new_staff(merchant)
    async with db.transaction(merchant):
        gone_id = await db.fetchval("SELECT id FROM staff WHERE email = $1", gone)
        await staff.disable(gone_id, NOW)
    told = set()
    for who, password in ((email, "not the password"), (unique_email(), PASSWORD), (gone, PASSWORD)):
        with pytest.raises(staff.SignInRefused) as refused:
            await staff.sign_in(who, password, "10.0.0.2", NOW)
        told.add((refused.value.code, refused.value.detail))
    assert len(told) == 1
    assert await count(merchant, "sessions") == 0


async def test_an_unknown_address_costs_a_hash_too(merchant: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    email, verified = await new_staff(merchant), []
    real = staff._matches

    def counted(stored: str, password: str) -> bool:
        verified.append(stored.split("$")[:4])
        return real(stored, password)

    monkeypatch.setattr(staff, "_matches", counted)
    for who in (email, unique_email()):
        with pytest.raises(staff.SignInRefused):
            await staff.sign_in(who, "not the password", "10.0.0.3", NOW)
    assert len(verified) == 2
    assert verified[0] == verified[1], "same algorithm, same parameters"


async def test_staff_are_refused_for_a_reason_and_nothing_is_kept(merchant: UUID) -> None:
    email = await new_staff(await new_merchant())
    async with db.transaction(merchant):
        with pytest.raises(staff.StaffExists):
            await staff.create(email.upper(), "Double", "agent", PASSWORD, NOW)
        with pytest.raises(staff.PasswordUnfit):
            await staff.create(unique_email(), "Short", "agent", "short", NOW)
        with pytest.raises(staff.UnknownRole):
            await staff.create(unique_email(), "King", "king", PASSWORD, NOW)
    assert await count(merchant, "staff") == 0


@pytest.mark.parametrize(
    "guessed",
    ["passwordpassword", "qwertyuiop123", "123456789012", "minaminamina12", "x" * 900],
)
async def test_nobody_chooses_a_password_that_is_tried_first(merchant: UUID, guessed: str) -> None:
    async with db.transaction(merchant):
        mina = await staff.create("mina@example.test" + merchant.hex, "Mina", "agent", PASSWORD, NOW)
        with pytest.raises(staff.PasswordGuessable):
            await staff.put_password(mina, guessed, NOW)
        await staff.check_password(mina, PASSWORD)  # as it was
        await staff.put_password(mina, "correct horse battery staple", NOW)


async def test_a_session_ends_by_time_by_revocation_and_with_its_owner(merchant: UUID) -> None:
    email = await new_staff(merchant)
    token = await staff.sign_in(email, PASSWORD, "10.0.0.4", NOW)
    idle, ttl = timedelta(seconds=settings().staff_idle_s), timedelta(seconds=settings().session_ttl_s)
    assert await sessions.find(token, NOW + idle) is None  # nobody used it for so long
    used = NOW
    while used + idle < NOW + ttl:
        used += idle - timedelta(seconds=1)
        assert await sessions.find(token, used), "each use keeps it"
    assert await sessions.find(token, NOW + ttl - timedelta(seconds=1))
    assert await sessions.find(token, NOW + ttl) is None  # however busy they are
    assert await sessions.find("something else", NOW) is None
    found = await sessions.find(token, NOW)
    assert found is not None
    await sessions.revoke(found, NOW)
    assert await sessions.find(token, NOW) is None

    other = await staff.sign_in(email, PASSWORD, "10.0.0.4", NOW)
    async with db.transaction(merchant):
        assert found.staff_id is not None
        await staff.disable(found.staff_id, NOW)
        assert await staff.find(found.staff_id) is None
    assert await sessions.find(other, NOW) is None


async def test_attempts_are_counted_by_address_of_both_kinds(merchant: UUID) -> None:
    email, address = await new_staff(merchant), f"192.0.2.{secrets.randbelow(250)}-{secrets.token_hex(4)}"
    for _ in range(throttle.PER_EMAIL.attempts):
        with pytest.raises(staff.SignInRefused):
            await staff.sign_in(email, "not the password", address, NOW)
    with pytest.raises(throttle.TooManyAttempts) as refused:
        await staff.sign_in(email, PASSWORD, address, NOW)
    assert 0 < refused.value.extra["retry_after_s"] <= throttle.PER_EMAIL.window_s
    assert await count(merchant, "sessions") == 0
    # Another person at the same address is not hindered yet.
    assert await staff.sign_in(await new_staff(merchant), PASSWORD, address, NOW)


async def test_addresses_of_one_network_are_counted_together() -> None:
    """Whoever has an address of version 6 has billions: one for each try."""
    limit = throttle.Limit(f"test-{secrets.token_hex(8)}", 3, 60, network=True)
    for last in ("1", "2:3:4:5", "ffff"):
        await throttle.attempt((limit, f"2001:db8:0:7:{last if ':' in last else f':{last}'}"))
    with pytest.raises(throttle.TooManyAttempts):
        await throttle.attempt((limit, "2001:db8:0:7::9"))
    for other in ("2001:db8:0:8::1", "192.0.2.1", "192.0.2.2"):
        await throttle.attempt((limit, other))
    assert throttle.network_of("::ffff:192.0.2.1") == "192.0.2.1"


async def test_counting_is_exact_when_many_come_at_once(
    merchant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "TIMEOUT_S", 30.0)  # on a busy machine, too, Valkey is not away
    limit, who = throttle.Limit("test", 5, 60), secrets.token_hex(8)
    outcomes = await asyncio.gather(
        *(throttle.attempt((limit, who)) for _ in range(20)), return_exceptions=True
    )
    assert sum(outcome is None for outcome in outcomes) == 5
    await throttle.forget(limit, who)
    await throttle.attempt((limit, who))


async def test_signing_in_works_while_valkey_is_away(merchant: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    email = await new_staff(merchant)
    away = settings().model_copy(update={"valkey_url": "redis://127.0.0.1:1/0"})
    monkeypatch.setattr(throttle, "settings", lambda: away)
    assert await staff.sign_in(email, PASSWORD, "10.0.0.5", NOW)


def test_roles_have_the_permissions_of_the_table() -> None:
    assert permissions_of("owner") == set(PERMISSIONS), "the owner may do everything"
    assert permissions_of("nobody") == frozenset()
    assert "inbox.reply" not in permissions_of("auditor")
    assert "studio.publish" not in permissions_of("agent")
    assert "inbox.goodwill" not in permissions_of("marketer")
    assert all(permissions_of(role) for role in ROLES)


# --- sign-in links --------------------------------------------------------------------------------


async def new_customer(merchant: UUID, locale: str = "en") -> str:
    email = unique_email()
    async with db.transaction(merchant):
        await customers.upsert([CustomerRow(str(new_id()), NOW, email=email, name="Ada", locale=locale)])
    return email


async def link_in_mail(merchant: UUID) -> str:
    async with db.transaction(merchant):
        newest = (await mail.newest(1))[0]
    found = re.search(r"/portal/enter\?token=(\S+)", newest.body)
    assert found
    return found[1]


async def test_a_link_signs_in_once(merchant: UUID) -> None:
    email = await new_customer(merchant)
    await login_links.request(email.upper(), NOW)
    token = await link_in_mail(merchant)
    session = await sessions.find(await login_links.use(token, NOW), NOW)
    assert session is not None
    assert session.customer_id is not None
    assert (session.merchant_id, session.staff_id) == (merchant, None)
    with pytest.raises(login_links.LinkInvalid):
        await login_links.use(token, NOW)
    assert await count(merchant, "sessions") == 1


async def test_of_many_uses_at_once_one_wins(merchant: UUID) -> None:
    await login_links.request(await new_customer(merchant), NOW)
    token = await link_in_mail(merchant)
    outcomes = await asyncio.gather(*(login_links.use(token, NOW) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(outcome, str) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, login_links.LinkInvalid) for outcome in outcomes) == 9
    assert await count(merchant, "sessions") == 1


async def test_a_link_expires_and_a_made_up_one_never_worked(merchant: UUID) -> None:
    await login_links.request(await new_customer(merchant), NOW)
    token = await link_in_mail(merchant)
    late = NOW + timedelta(seconds=settings().login_link_ttl_s)
    for wrong, at in ((token, late), ("made up", NOW), (token[:-1], NOW)):
        with pytest.raises(login_links.LinkInvalid):
            await login_links.use(wrong, at)
    assert await count(merchant, "sessions") == 0


async def test_nobody_gets_a_mail_for_an_unknown_address(merchant: UUID) -> None:
    await new_customer(merchant)
    await login_links.request(unique_email(), NOW)
    assert (await count(merchant, "mails"), await count(merchant, "login_links")) == (0, 0)


async def test_each_shop_of_one_address_sends_its_own_link(merchant: UUID) -> None:
    email, other = await new_customer(merchant), await new_merchant()
    async with db.transaction(other):
        await customers.upsert([CustomerRow("x", NOW, email=email)])
    await login_links.request(email, NOW)
    for shop in (merchant, other):
        session = await sessions.find(await login_links.use(await link_in_mail(shop), NOW), NOW)
        assert session is not None
        assert session.merchant_id == shop


async def test_an_erased_customer_cannot_enter_by_an_old_link(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await customers.upsert([CustomerRow("c", NOW, email=(email := unique_email()))])
    await login_links.request(email, NOW)
    token = await link_in_mail(merchant)
    async with db.transaction(merchant):
        await customers.erase(["c"], NOW)
    with pytest.raises(login_links.LinkInvalid):
        await login_links.use(token, NOW)
    assert await count(merchant, "sessions") == 0


@pytest.mark.parametrize(("locale", "expected"), [("en", "en"), ("zh-CN", "zh-Hans"), ("zh-TW", "zh-Hant")])
async def test_the_mail_speaks_the_customers_language(merchant: UUID, locale: str, expected: str) -> None:
    await login_links.request(await new_customer(merchant, locale), NOW)
    async with db.transaction(merchant):
        sent = (await mail.newest(1))[0]
    assert sent.locale == expected
    assert ("Shop" if expected == "en" else "商店") in sent.subject
    assert settings().public_url in sent.body


# --- keys and signed sources ----------------------------------------------------------------------


async def test_a_key_opens_its_merchant_with_its_scopes_and_its_secret_is_not_kept(merchant: UUID) -> None:
    async with db.transaction(merchant):
        key = await api_keys.create("till", ["events:write", "members:read", "events:write"], NOW)
        kept = str(await db.fetch("SELECT * FROM api_keys"))
    assert re.fullmatch(r"rk_[0-9a-f]{16}_[\w-]{43}", key)
    assert key.split("_", 2)[2] not in kept
    found = await api_keys.find(key, NOW)
    assert found is not None
    assert (found.merchant_id, found.scopes) == (merchant, frozenset({"events:write", "members:read"}))


async def test_keys_that_do_not_fit_open_nothing(merchant: UUID) -> None:
    async with db.transaction(merchant):
        key = await api_keys.create("till", ["events:write"], NOW)
        other = await api_keys.create("other", ["events:write"], NOW)
        prefix, secret = key.split("_", 2)[1], other.split("_", 2)[2]
    for wrong in (
        "",
        "rk__",
        key[:-1],
        f"rk_{prefix}_{secret}",
        f"rk_{'0' * 16}_{secret}",
        key + "\x00",
        "…",
    ):
        assert await api_keys.find(wrong, NOW) is None, wrong
    async with db.transaction(merchant):
        listed = await api_keys.listed()
        await api_keys.revoke(listed[0].id, NOW)
    assert await api_keys.find(key, NOW) is None
    assert await api_keys.find(other, NOW) is not None


async def test_a_key_revoked_elsewhere_ends_here_within_seconds_and_one_revoked_here_at_once(
    merchant: UUID,
) -> None:
    def after(seconds: float) -> datetime:
        return NOW + timedelta(seconds=seconds)

    async with db.transaction(merchant):
        here = await api_keys.create("here", ["events:write"], NOW)
        elsewhere = await api_keys.create("elsewhere", ["events:write"], NOW)
        first, second = await api_keys.listed()
    for key in (here, elsewhere):
        assert await api_keys.find_recent(key, NOW) == await api_keys.find(key, NOW)
    async with db.transaction(merchant):
        await api_keys.revoke(first.id, after(1))
        # A request that looks the key up before the commit must not keep it alive.
        async with asyncio.TaskGroup() as group:
            group.create_task(api_keys.find_recent(here, after(1)), context=Context())
        await db.execute("UPDATE api_keys SET revoked_at = $2 WHERE id = $1", second.id, after(1))
    assert await api_keys.find_recent(here, after(1)) is None
    assert await api_keys.find_recent(elsewhere, after(4.9)) is not None
    for moment in (after(5), after(-1)):
        assert await api_keys.find_recent(elsewhere, moment) is None


async def test_an_unknown_scope_makes_no_key(merchant: UUID) -> None:
    async with db.transaction(merchant):
        with pytest.raises(api_keys.UnknownScope):
            await api_keys.create("till", ["events:write", "everything"], NOW)
        assert await api_keys.listed() == []


async def _source(merchant: UUID) -> webhooks.Source:
    async with db.transaction(merchant):
        return await webhooks.create("shop system", NOW)


def signed(secret: str, body: bytes, at: datetime, message_id: str = "msg_1") -> dict[str, str]:
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, body.decode()),
    }


async def test_a_signature_names_the_merchant_also_among_others(merchant: UUID) -> None:
    source = await _source(merchant)
    headers = signed(source.secret, b"{}", NOW)
    assert await webhooks.verify(source.id, headers, b"{}", NOW) == merchant
    headers["webhook-signature"] = "v1,AAAA v1a,zzz nonsense " + headers["webhook-signature"]
    assert await webhooks.verify(source.id, headers, b"{}", NOW) == merchant


async def test_a_signature_is_what_the_standard_says(merchant: UUID) -> None:
    source = await _source(merchant)
    key = base64.b64decode(source.secret.removeprefix("whsec_"))
    assert 24 <= len(key) <= 64
    stamp = str(int(NOW.timestamp()))
    mac = hmac.new(key, f"m.{stamp}.".encode() + "{“é”}".encode(), hashlib.sha256).digest()
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
    }
    assert await webhooks.verify(source.id, headers, "{“é”}".encode(), NOW) == merchant


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "garbage"},
        {"webhook-signature": ""},
        {"webhook-id": "msg_2"},
        {"webhook-id": ""},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "1e9"},
        {"webhook-timestamp": "9" * 30},
    ],
)
async def test_what_does_not_fit_is_refused_in_one_way(merchant: UUID, change: dict[str, str]) -> None:
    source = await _source(merchant)
    headers = signed(source.secret, b"{}", NOW) | change
    with pytest.raises(webhooks.SignatureInvalid):
        await webhooks.verify(source.id, headers, b"{}", NOW)


async def test_other_bodies_sources_and_secrets_are_refused(merchant: UUID) -> None:
    source, other = await _source(merchant), await _source(merchant)
    headers = signed(source.secret, b"{}", NOW)
    for source_id, body in ((source.id, b"{ }"), (other.id, b"{}"), (new_id(), b"{}"), (source.id, b"\xff")):
        with pytest.raises(webhooks.SignatureInvalid):
            await webhooks.verify(source_id, headers, body, NOW)
    async with db.transaction(merchant):
        await webhooks.revoke(source.id, NOW)
    with pytest.raises(webhooks.SignatureInvalid):
        await webhooks.verify(source.id, headers, b"{}", NOW)


@pytest.mark.parametrize("away_s", [-301, 301])
async def test_a_signature_is_good_for_five_minutes(merchant: UUID, away_s: int) -> None:
    source = await _source(merchant)
    headers = signed(source.secret, b"{}", NOW)
    with pytest.raises(webhooks.TimestampStale):
        await webhooks.verify(source.id, headers, b"{}", NOW + timedelta(seconds=away_s))
    nearly = NOW + timedelta(seconds=300 if away_s > 0 else -300)
    assert await webhooks.verify(source.id, headers, b"{}", nearly) == merchant


# --- customers ------------------------------------------------------------------------------------


async def profile(merchant: UUID, customer_id: UUID) -> customers.Profile | None:
    async with db.transaction(merchant):
        return await customers.find(customer_id)


async def put(merchant: UUID, *rows: CustomerRow) -> dict[str, UUID]:
    async with db.transaction(merchant):
        return await customers.upsert(rows)


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


async def test_customers_are_made_once_in_whatever_order_events_come(merchant: UUID) -> None:
    told = [
        CustomerRow("a", at(1), email="old@example.test", name="Ada", locale="zh-Hans"),
        CustomerRow("a", at(3), email="new@example.test"),
        CustomerRow("b", at(2)),
    ]
    ids = await put(merchant, *told)
    for row in reversed(told):
        assert (await put(merchant, row))[row.external_id] == ids[row.external_id]
    await put(merchant, CustomerRow("a", at(2), email="between@example.test", locale="en"))
    found = await profile(merchant, ids["a"])
    assert found == customers.Profile(ids["a"], "a", "new@example.test", "Ada", "zh-Hans")
    assert await count(merchant, "customers") == 2
    assert await count(merchant, "customer_profiles") == 1, "an order's guest has no profile"


async def test_an_older_event_fills_what_is_missing(merchant: UUID) -> None:
    ids = await put(merchant, CustomerRow("a", at(5), name="Ada"))
    await put(merchant, CustomerRow("a", at(1), email="ada@example.test", name="Somebody"))
    found = await profile(merchant, ids["a"])
    assert found is not None
    assert (found.email, found.name) == ("ada@example.test", "Ada")


async def test_batches_that_share_customers_do_not_block_each_other(merchant: UUID) -> None:
    rows = [CustomerRow(str(i), at(i), email=f"{i}@example.test") for i in range(50)]
    answers = await asyncio.gather(*(put(merchant, *(rows if n % 2 else rows[::-1])) for n in range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert await count(merchant, "customers") == 50


async def test_erasing_removes_the_person_and_nothing_brings_them_back(merchant: UUID) -> None:
    ids = await put(merchant, CustomerRow("a", at(1), email="ada@example.test", name="Ada"))
    async with db.transaction(merchant):
        token = await sessions.start(NOW, customer_id=ids["a"])
        await customers.erase(["a", "never seen"], at(2))
    assert await sessions.find(token, NOW) is None
    await put(merchant, CustomerRow("a", at(3), email="ada@example.test"))
    await put(merchant, CustomerRow("never seen", at(1), email="eve@example.test"))
    assert await profile(merchant, ids["a"]) is None
    assert await count(merchant, "customer_profiles") == 0
    assert await count(merchant, "customers") == 2, "their rows stay, so that the ledger stays whole"


async def test_merging_points_to_the_survivor_in_one_step(merchant: UUID) -> None:
    ids = await put(merchant, *(CustomerRow(name, at(0)) for name in "abc"))
    async with db.transaction(merchant):
        await customers.merge("a", "b", at(1))
        await customers.merge("b", "c", at(2))
        await customers.merge("a", "b", at(3))
        rows = await db.fetch("SELECT external_id, merged_into FROM customers ORDER BY external_id")
    assert [row["merged_into"] for row in rows] == [ids["c"], ids["c"], None]
    async with db.transaction(merchant):
        for source, target in (("c", "a"), ("c", "c")):
            with pytest.raises(customers.MergeRefused):
                await customers.merge(source, target, at(4))
    async with db.transaction(merchant):
        assert await db.fetchval("SELECT count(*) FROM customers WHERE merged_into IS NOT NULL") == 2


async def test_two_opposite_merges_at_once_make_no_circle(merchant: UUID) -> None:
    await put(merchant, CustomerRow("a", at(0)), CustomerRow("b", at(0)))

    async def merge(source: str, target: str) -> None:
        async with db.transaction(merchant):
            await customers.merge(source, target, at(1))

    outcomes = await asyncio.gather(merge("a", "b"), merge("b", "a"), return_exceptions=True)
    assert sum(isinstance(outcome, customers.MergeRefused) for outcome in outcomes) == 1
    async with db.transaction(merchant):
        assert await db.fetchval("SELECT count(*) FROM customers WHERE merged_into IS NOT NULL") == 1


async def test_a_merged_customer_enters_as_the_survivor(merchant: UUID) -> None:
    email = unique_email()
    ids = await put(merchant, CustomerRow("a", at(0), email=email), CustomerRow("b", at(0), name="Ada"))
    async with db.transaction(merchant):
        await customers.merge("a", "b", at(1))
    await login_links.request(email, NOW)
    session = await sessions.find(await login_links.use(await link_in_mail(merchant), NOW), NOW)
    assert session is not None
    assert session.customer_id == ids["b"]


# --- merchants and stores -------------------------------------------------------------------------


async def test_merchants_are_made_found_and_listed(merchant: UUID) -> None:
    code = f"m-{secrets.token_hex(6)}"
    made = await tenancy.create_merchant(code, {"en": "Tea", "zh-Hans": "茶"}, "Asia/Shanghai", "CNY", NOW)
    found = await tenancy.find_merchant(code)
    assert found == tenancy.Merchant(made, code, "Asia/Shanghai")
    assert await tenancy.find_merchant("no-such-shop") is None
    assert {merchant, made} <= {each.id for each in await tenancy.merchants()}
    async with db.transaction(made):
        shop = await tenancy.shop()
        store_id = await tenancy.create_store("s-1", {"en": "Tea"}, "CNY", "Asia/Shanghai")
        assert await db.fetchval("SELECT id FROM stores") == store_id
        with pytest.raises(tenancy.StoreExists):
            await tenancy.create_store("s-1", {"en": "Tea"}, "CNY", "Asia/Shanghai")
    assert [shop.name(locale) for locale in ("en", "zh-Hans", "zh-Hant")] == ["Tea", "茶", "Tea"]


async def test_a_merchant_that_cannot_be_is_not_made(merchant: UUID) -> None:
    code = f"m-{secrets.token_hex(6)}"
    before = len(await tenancy.merchants())
    await tenancy.create_merchant(code, {"en": "A"}, "UTC", "USD", clock.now())
    with pytest.raises(tenancy.MerchantExists):
        await tenancy.create_merchant(code, {"en": "B"}, "UTC", "USD", NOW)
    for bad in (
        ("No Code", "UTC", "USD"),
        (f"{code}x", "Mars/Olympus", "USD"),
        (f"{code}x", "UTC", "dollars"),
        (f"{code}x", "UTC", "XYZ"),
    ):
        with pytest.raises((tenancy.ShopInvalid, TimeZoneUnknown)):
            await tenancy.create_merchant(bad[0], {"en": "B"}, bad[1], bad[2], NOW)
    assert len(await tenancy.merchants()) == before + 1
