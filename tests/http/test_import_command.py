"""`regulars reviews import`, as an operator runs it."""

from pathlib import Path
from uuid import UUID

from core import db
from tests.factories.command import regulars
from tests.http.conftest import rows

ROWS = "id,rating,date,text\n1,2,2026-01-02,Bad\n2,9,2026-01-02,Off the scale\n3,,05/03/2024,When?\n"


async def test_a_file_is_taken_in_and_its_rejects_are_told(merchant: UUID, tmp_path: Path) -> None:
    file = tmp_path / "shop.csv"
    file.write_text(ROWS, encoding="utf-8")
    async with db.transaction(merchant):
        code = await db.fetchval("SELECT code FROM merchants")
    arguments = (str(file), "--format", "generic", "--merchant", code)

    status, out, errors = await regulars("reviews", "import", *arguments, "--dry-run")
    assert status == 0, errors
    assert "3 rows: 1 new" in out
    assert "Dry run: nothing was kept." in out
    assert await rows(merchant, "reviews") == 0

    status, out, errors = await regulars("reviews", "import", *arguments)
    assert status == 0, errors
    assert "3 rows: 1 new, 0 changed, 0 older wordings, 0 known already, 2 rejected" in out
    assert "2 rows rejected: see" in errors
    rejects = (tmp_path / "shop.csv.rejects.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[:3] for line in rejects[1:]] == [
        ["3", "rating", "invalid"],
        ["4", "date", "invalid"],
    ]
    assert await rows(merchant, "reviews") == 1
    assert (
        "0 new, 0 changed, 0 older wordings, 1 known already"
        in (await regulars("reviews", "import", *arguments))[1]
    )


async def test_what_cannot_be_imported_ends_in_one_line(merchant: UUID, tmp_path: Path) -> None:
    file = tmp_path / "shop.csv"
    file.write_text(ROWS, encoding="utf-8")
    status, _, errors = await regulars(
        "reviews", "import", str(file), "--format", "generic", "--merchant", "nobodys"
    )
    assert status == 1
    assert errors.startswith("Error: there is no merchant 'nobodys'")
    assert "Traceback" not in errors
