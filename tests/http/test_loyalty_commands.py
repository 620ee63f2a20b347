"""`regulars loyalty …`, as an operator runs it."""

from pathlib import Path
from uuid import UUID

from core import db
from tests.factories.command import regulars
from tests.http.conftest import rows
from tests.http.shop import open_shop

ROWS = "id,customer_id,points,expires_at\n1,ada,100,never\n2,ada,none,\n3,eve,5,2040-01-01\n"


async def test_balances_in_and_everything_out(merchant: UUID, tmp_path: Path) -> None:
    await open_shop(merchant)
    file = tmp_path / "old.csv"
    file.write_text(ROWS, encoding="utf-8")
    async with db.transaction(merchant):
        code = await db.fetchval("SELECT code FROM merchants")
    arguments = ("import-balances", str(file), "--merchant", code, "--create-members")

    status, out, errors = await regulars("loyalty", *arguments, "--dry-run")
    assert status == 0, errors
    assert "3 rows: 2 new with 105 points, 0 known already, 1 rejected" in out
    assert "Dry run: nothing was kept." in out
    assert await rows(merchant, "ledger_lots") == 0

    status, out, errors = await regulars("loyalty", *arguments)
    assert status == 0, errors
    assert "1 rows rejected: see" in errors and await rows(merchant, "ledger_lots") == 2
    rejects = (tmp_path / "old.csv.rejects.csv").read_text(encoding="utf-8").splitlines()
    assert rejects[1].startswith("3,points,invalid,")

    folder = tmp_path / "out"
    status, out, errors = await regulars("loyalty", "export", str(folder), "--merchant", code)
    assert status == 0, errors
    assert "files in" in out and (folder / "manifest.json").exists()
    status, _, errors = await regulars("loyalty", "import-export", str(folder), "--merchant", code)
    assert status == 1 and "merchant_not_empty" in errors and "Traceback" not in errors
