"""docs/formats.md: its example is what happens, its tables name every format."""

import re
from pathlib import Path
from uuid import UUID

from admin.commands.reviews import summary
from reviews.files import FORMATS, import_file
from tests.fixtures.reviews.shop import NOW

TEXT = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(?:csv)?\n(.*?)```", TEXT, re.DOTALL)


async def test_the_example(merchant: UUID, tmp_path: Path) -> None:
    _, content, told, rejected = BLOCKS
    path = tmp_path / "shop.csv"
    path.write_text(content, encoding="utf-8")
    report = await import_file(path, "auto", merchant, lambda done, total: None, True, now=NOW)
    assert summary(report) == told.splitlines()
    assert report.rejects_path == tmp_path / "shop.csv.rejects.csv"
    assert report.rejects_path.read_text().splitlines() == rejected.splitlines()


def test_the_tables_name_every_format() -> None:
    _, formats, export = re.split(r"## The formats|## Export", TEXT)
    rows = re.findall(r"^\| (`[^|]+`) \|.*\| (`\w+`) \| \S", formats, re.MULTILINE)
    assert {code.strip("`"): source.strip("`") for code, source in rows} == {
        code: form.source for code, form in FORMATS.items()
    }
    lossy = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", export, re.MULTILINE)
    assert {code for cell in lossy for code in re.findall(r"`(\w+)`", cell)} == set(FORMATS)
