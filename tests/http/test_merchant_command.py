"""A merchant from nothing by the command line, then its first order by API."""

import os
import re
import subprocess
import sys
from pathlib import Path

from core import clock, db, tenancy
from core.embedded import Services
from core.ids import new_id
from core.people import api_keys, staff
from loyalty.intake.events import Event
from loyalty.intake.service import ingest
from loyalty.members import service as members

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
    found = await api_keys.find(key)
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
    assert await api_keys.find(key) is None


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
