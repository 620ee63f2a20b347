"""`regulars rewards …`, as an operator runs it."""

from pathlib import Path
from uuid import UUID

from core import db
from loyalty.rewards import pools
from tests.factories.command import regulars


async def test_a_pool_is_made_and_filled(merchant: UUID, tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_text("code,note\nAAAA,x\nBBBB,x\nAAAA,y\n", encoding="utf-8")
    async with db.transaction(merchant):
        whose = ("--pool", "spring", "--merchant", await db.fetchval("SELECT code FROM merchants"))
    status, out, errors = await regulars("rewards", "import-codes", str(file), *whose)
    assert status == 1 and "no pool spring" in errors and "Traceback" not in errors
    assert (await regulars("rewards", "add-pool", *whose, "--low-water", "5"))[0] == 0
    status, out, errors = await regulars("rewards", "import-codes", str(file), *whose)
    assert status == 0, errors
    assert "2 codes added, 1 rejected" in out and "codes.csv.rejects.csv" in errors
    status, out, errors = await regulars(
        "rewards", "generate-codes", "30", *whose, "--pattern", "SPR-????-????"
    )
    assert status == 0 and "30 codes added" in out, errors
    async with db.transaction(merchant):
        view = await pools.find("spring")
    assert (view.free, view.low_water) == (32, 5)
