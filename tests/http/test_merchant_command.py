"""A merchant from nothing by the command line, then its first order by API."""

import os
import re
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from admin.commands import merchant as commands
from core import clock, db, tenancy
from core.days import TimeZoneUnknown
from core.embedded import Services
from core.errors import DomainError, NotFound
from core.ids import new_id
from core.people import api_keys, sessions, staff
from loyalty.intake.events import Event
from loyalty.intake.service import ingest
from loyalty.members import service as members
from loyalty.programme import service as programme
from loyalty.programme.service import ProgrammeExists
from loyalty.tiers.rules import Calendar

# The programme of the documentation, so that it stays true.
OPERATIONS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
(PROGRAMME,) = re.findall(r"```toml\n(.*?)```", OPERATIONS, re.DOTALL)


def _regulars(*argv: str | Path, holds: bool = True) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "admin.cli", *argv],
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode == 0) == holds, done.stdout + done.stderr
    return done.stdout if holds else done.stderr


def _set_up(code: str, file: Path) -> tuple[str, str]:
    """Answers the owner's password and an API key."""
    _regulars("merchant", "create", code, "--name", "Corner shop", "--currency", "EUR")
    _regulars("merchant", "store", code, "main", "--name", "Main street", "--currency", "EUR")
    assert "2 tiers, 1 rewards" in _regulars("merchant", "programme", code, file)
    said = _regulars("merchant", "staff", code, f"{code}@example.com", "--name", "Olga", "--role", "owner")
    password = re.search(r"password (\S+)", said)
    key = re.search(r"API key (\S+)", _regulars("merchant", "key", code, "--name", "shop"))
    assert password and key
    return password[1], key[1]


async def test_from_nothing_to_points(database: Services, tmp_path: Path) -> None:
    code, file = f"corner-{new_id().hex[-8:]}", tmp_path / "programme.toml"
    file.write_text(PROGRAMME, encoding="utf-8")
    password, key = _set_up(code, file)
    assert await staff.sign_in(f"{code}@example.com", password, "127.0.0.1", clock.now())
    found = await api_keys.find(key, clock.now())
    assert found and found.scopes == frozenset(api_keys.SCOPES)
    now = clock.now()
    joined = {"customer_id": "c", "accepts_terms": True}
    paid = {"order_id": "o", "store_id": "main", "customer_id": "c", "currency": "EUR", "amount_minor": 1234}
    async with db.transaction(found.merchant_id):
        events = [
            Event(id="1", source="t", type="customer.created", time=now, data=joined),
            Event(id="2", source="t", type="order.paid", time=now, data=paid),
        ]
        assert [each.status for each in await ingest(events, now)] == ["applied", "applied"]
        balances = await members.balances((await members.find("c")).id)
    assert {each.wallet: each.points_pending for each in balances} == {"points": 12, "qualifying": 12}
    assert "revoked" in _regulars("merchant", "revoke-key", code, key.split("_")[1])
    assert await api_keys.find(key, clock.now()) is None


async def test_refusals_are_one_line_and_change_nothing(database: Services, tmp_path: Path) -> None:
    code, file = f"corner-{new_id().hex[-8:]}", tmp_path / "programme.toml"
    file.write_text('earn_rates = { EUR = "many" }', encoding="utf-8")
    assert "not_found" in _regulars(
        "merchant", "store", code, "s", "--name", "S", "--currency", "EUR", holds=False
    )
    _regulars("merchant", "create", code, "--name", "Corner", "--currency", "EUR")
    assert "merchant_exists" in _regulars(
        "merchant", "create", code, "--name", "Corner", "--currency", "EUR", holds=False
    )
    assert "programme_file_invalid" in _regulars("merchant", "programme", code, file, holds=False)
    merchant = await tenancy.find_merchant(code)
    assert merchant
    async with db.transaction(merchant.id):
        assert await db.fetchval("SELECT count(*) FROM programme_versions") == 0


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("multiplier_percent = 125", "multiplier_percent = 50", "tiers_invalid"),
        ("threshold = 300", "threshold = 0", "tiers_invalid"),
        ("cost_points = 60", "cost_points = 0", "programme_file_invalid"),
        ("EUR = 100", "euro = 100", "programme_file_invalid"),
        ("EUR = 100", "EUR = -1", "programme_file_invalid"),
        ("qualifying_window_days = 365", "qualifying_window_days = 0", "programme_file_invalid"),
        ("earn_rates", "guest_claim_days = 1000000000\nearn_rates", "programme_file_invalid"),
        ('code = "gold"', 'code = "member"', "tiers_invalid"),
        ("earn_rates", "earn_rate", "programme_file_invalid"),
    ],
)
async def test_a_wrong_programme_is_refused_whole(
    merchant: UUID, tmp_path: Path, before: str, after: str, said: str
) -> None:
    file = tmp_path / "programme.toml"
    file.write_text(PROGRAMME.replace(before, after), encoding="utf-8")
    async with db.transaction(merchant):
        code = await db.fetchval("SELECT code FROM merchants")
    with pytest.raises(DomainError) as refusal:
        await commands.set_programme(code, file)
    assert refusal.value.code == said
    async with db.transaction(merchant):
        assert await db.fetchval("SELECT count(*) FROM wallet_types") == 0
        assert await db.fetchval("SELECT count(*) FROM rewards") == 0


async def test_a_programme_is_made_once(merchant: UUID, tmp_path: Path) -> None:
    file = tmp_path / "programme.toml"
    file.write_text(PROGRAMME, encoding="utf-8")
    async with db.transaction(merchant):
        code = await db.fetchval("SELECT code FROM merchants")
    await commands.set_programme(code, file)
    with pytest.raises(ProgrammeExists):
        await commands.set_programme(code, file)
    async with db.transaction(merchant):
        assert await db.fetchval("SELECT count(*) FROM programme_versions") == 1
        assert await db.fetchval("SELECT count(*) FROM rewards") == 1


async def test_a_new_password_replaces_the_old_one(
    merchant: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    email = f"{merchant.hex}@example.test"
    async with db.transaction(merchant):
        code = await db.fetchval("SELECT code FROM merchants")
        await staff.create(email, "Olga", "owner", "a good long password", clock.now())
    await commands.new_password(code, email.upper())
    password = capsys.readouterr().out.split()[-1]
    assert await staff.sign_in(email, password, merchant.hex, clock.now())
    with pytest.raises(staff.SignInRefused):
        await staff.sign_in(email, "a good long password", merchant.hex, clock.now())
    with pytest.raises(NotFound):
        await commands.new_password(code, "nobody@example.test")


async def test_an_owner_who_lost_everything_is_let_in_again(merchant: UUID) -> None:
    email, now = f"{merchant.hex}@example.test", clock.now()
    async with db.transaction(merchant):
        code = await db.fetchval("SELECT code FROM merchants")
        owner = await staff.create(email, "Olga", "owner", "a good long password", now)
        await db.execute(
            "INSERT INTO staff_second_factors"
            " (staff_id, merchant_id, secret, last_step, tries_since, created_at)"
            " VALUES ($1, $2, '', 0, $3, $3)",
            owner,
            merchant,
            now,
        )
        token = await sessions.start(now, staff_id=owner)
    with pytest.raises(NotFound):
        await commands.reset_second_factor(code, "nobody@example.test")
    assert await sessions.find(token, now)
    await commands.reset_second_factor(code, email.upper())
    assert await sessions.find(token, now) is None
    found = await sessions.find(await staff.sign_in(email, "a good long password", merchant.hex, now), now)
    assert found and not found.half


SET = """
[[sets]]
code = "club"
name = { en = "Club" }
metric = { kind = "orders" }
window = { kind = "calendar", period = "year" }
requalification = "period_end"
grace_days = 30
tiers = [{ rank = 0, code = "guest", name = {}, threshold = 0 },
         { rank = 1, code = "friend", name = {}, threshold = 3 }]
"""


@pytest.mark.parametrize("alone", [False, True], ids=["beside the tiers", "alone"])
async def test_a_programme_may_have_more_tier_sets(merchant: UUID, tmp_path: Path, alone: bool) -> None:
    file = tmp_path / "programme.toml"
    file.write_text("earn_rates = { EUR = 100 }" + SET if alone else PROGRAMME + SET, encoding="utf-8")
    async with db.transaction(merchant):
        code = await db.fetchval("SELECT code FROM merchants")
    await commands.set_programme(code, file)
    async with db.transaction(merchant):
        live = await programme.live()
    assert [each.code for each in live.sets] == (["club"] if alone else ["main", "club"])
    assert (live.sets[-1].window, live.sets[-1].grace_days) == (Calendar("year"), 30)
    assert alone or live.tiers[1].benefits[0].kind == "birthday_gift"


async def test_a_zone_that_is_no_more_is_refused_in_one_line(merchant: UUID, tmp_path: Path) -> None:
    file = tmp_path / "programme.toml"
    file.write_text(PROGRAMME, encoding="utf-8")
    async with db.transaction(merchant):
        await db.execute("UPDATE merchants SET time_zone = 'US/Pacific-New'")
        code = await db.fetchval("SELECT code FROM merchants")
    with pytest.raises(TimeZoneUnknown):
        await commands.set_programme(code, file)
    async with db.transaction(merchant):
        assert await db.fetchval("SELECT count(*) FROM programme_versions") == 0
        assert await db.fetchval("SELECT count(*) FROM wallet_types") == 0
