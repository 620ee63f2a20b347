"""Files: what is in them comes in once, what cannot is listed with line, column and reason."""

import csv
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from core import db
from core.files.errors import FileUnreadable
from reviews import files
from reviews.files import Choices, Report, import_file, taking
from reviews.files.errors import UnknownFormat
from tests.fixtures.reviews.shop import NOW, rows, value

FIXTURES = Path(__file__).parents[1] / "fixtures" / "reviews"


def fixture(folder: Path, name: str) -> Path:
    return Path(shutil.copy(FIXTURES / name, folder / name))


def written(folder: Path, text: str | bytes, name: str = "in.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


async def run(
    merchant: UUID, path: Path, form: str = "generic", dry_run: bool = False, **said: Any
) -> Report:
    choices = Choices(**said)
    return await import_file(
        path, form, merchant, lambda done, total: None, dry_run, now=NOW, choices=choices
    )


def rejects(report: Report) -> list[list[str]]:
    if report.rejects_path is None:
        return []
    with report.rejects_path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


async def test_generic_finds_columns_and_lists_rejects(merchant: UUID, tmp_path: Path) -> None:
    report = await run(merchant, fixture(tmp_path, "generic.csv"))
    assert report.columns == {
        **{"external_id": "Review ID", "written_at": "Date", "rating": "Stars", "title": "Headline"},
        **{"body": "Review Text", "author": "Author Name", "email": "E-mail", "product_sku": "SKU"},
    }
    assert report.unmapped == ("Colour",)
    assert (report.rows, report.new, report.rejected) == (7, 4, 3)
    assert [(line, column, code) for line, column, code, _ in rejects(report)] == [
        ("5", "Date", "invalid"),
        ("6", "Stars", "invalid"),
        ("9", "Review Text", "invalid"),
    ]
    assert "two ways" in rejects(report)[0][3]
    kept = await rows(
        merchant,
        "SELECT r.external_id, r.rating_norm, r.author, v.body, v.extra->>'Colour' FROM reviews r"
        " JOIN review_versions v ON v.review_id = r.id ORDER BY 1",
    )
    assert kept[0] == ("g1", 5, "Ana", 'Works well.\nSecond line, with a comma and "quotes".', "red")
    assert kept[1] == ("g2", 1, "b***", "坏了，退货也没人理。", None)
    assert kept[2][:2] == ("g5", Decimal("4.52"))
    assert kept[3][:2] == ("g6", 2)


async def test_declared_order_of_dates(merchant: UUID, tmp_path: Path) -> None:
    report = await run(merchant, fixture(tmp_path, "generic.csv"), date_order="mdy")
    assert report.new == 5
    assert (
        str(await value(merchant, "SELECT written_at::date FROM reviews WHERE external_id = 'g3'"))
        == "2026-02-01"
    )


async def test_again_changes_nothing(merchant: UUID, tmp_path: Path) -> None:
    path = fixture(tmp_path, "judgeme.csv")
    first = await run(merchant, path, "judgeme")
    assert (first.new, first.rejected) == (3, 1)
    again = await run(merchant, path, "judgeme")
    assert (again.new, again.unchanged, again.rejected) == (0, 3, 1)
    assert await value(merchant, "SELECT count(*) FROM review_versions") == 3


async def test_judgeme(merchant: UUID, tmp_path: Path) -> None:
    report = await run(merchant, fixture(tmp_path, "judgeme.csv"), "judgeme")
    assert [row[:3] for row in rejects(report)] == [["5", "review_date", "invalid"]]
    kept = await rows(
        merchant,
        "SELECT v.title, r.source, r.product_sku, r.written_at::date::text, r.author, r.reply, v.body,"
        " v.extra ? 'ip_address', v.extra ? 'reviewer_email', v.extra->>'location'"
        " FROM reviews r JOIN review_versions v ON v.review_id = r.id ORDER BY 1",
    )
    assert kept == [
        ("Bad", "judgeme", "lamp", "2025-12-25", "b***", "", "It broke.", False, False, "FR"),
        (
            "Great",
            "judgeme",
            "lamp",
            "2025-03-05",
            "Ana",
            "Thank you!",
            "<p>Love it &amp; more</p>",
            False,
            False,
            "DE",
        ),
        ("Shop", "judgeme", "", "2025-11-02", "Cleo", "", "Fast.", False, False, None),
    ]


async def test_ndjson(merchant: UUID, tmp_path: Path) -> None:
    report = await run(merchant, fixture(tmp_path, "reviews.ndjson"), "ndjson")
    assert (report.rows, report.new, report.rejected) == (5, 2, 3)
    assert [(line, code) for line, _, code, _ in rejects(report)] == [
        ("3", "malformed"),
        ("4", "malformed"),
        ("6", "invalid"),
    ]
    kept = await rows(merchant, "SELECT external_id, rating_norm FROM reviews ORDER BY 1")
    assert kept == [("n1", Decimal("4.5")), ("n2", None)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
async def test_delimiters_bom_and_line_ends(
    merchant: UUID, tmp_path: Path, delimiter: str, bom: bytes, end: str
) -> None:
    lines = [
        ("id", "date", "rating", "text"),
        ("1", "2026-02-01", "4,5", "fine"),
        ("2", "2026-02-01", "1", "é"),
    ]
    quoted = [delimiter.join(f'"{cell}"' for cell in line) for line in lines]
    report = await run(merchant, written(tmp_path, bom + end.join(quoted).encode()))
    assert (report.new, report.rejected) == (2, 0)
    assert list(report.columns.values()) == ["id", "date", "rating", "text"]
    kept = await rows(merchant, "SELECT external_id, rating_norm FROM reviews ORDER BY 1")
    assert kept == [("1", Decimal("4.5")), ("2", 1)]


async def test_wrong_encoding_names_line_and_byte_and_loses_nothing(merchant: UUID, tmp_path: Path) -> None:
    good = "id,date,text\n1,2026-02-01,fine\n"
    path = written(
        tmp_path, good.encode() + "2,2026-02-01,très bien\n".encode("latin-1") + b"3,2026-02-01,ok\n"
    )
    report = await run(merchant, path)
    assert (report.new, report.rejected) == (2, 1)
    offset = len(good) + len("2,2026-02-01,tr")
    assert rejects(report) == [
        ["3", "text", "encoding", f"byte {offset} of the file (line 3, 0xE8) is not UTF-8"]
    ]


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a picture"),
        ("id,date,text\n1,2026-02-01,ok\n".encode("utf-16-le"), "byte 1"),
        (b"", "empty"),
        ("id;größe;text\n".encode("latin-1"), "byte 5"),
        (b"a,b,c\n1,2,3\n", "a, b, c"),
    ],
)
async def test_unreadable_file(merchant: UUID, tmp_path: Path, content: bytes, detail: str) -> None:
    with pytest.raises(FileUnreadable, match=detail):
        await run(merchant, written(tmp_path, content))
    assert await value(merchant, "SELECT count(*) FROM reviews") == 0


async def test_unknown_format(merchant: UUID, tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match="generic, google_business"):
        await run(merchant, written(tmp_path, "x"), "excel")


async def test_broken_rows_do_not_swallow_their_neighbours(merchant: UUID, tmp_path: Path) -> None:
    text = (
        "id,date,text\n"
        '1,2026-02-01,"never ends\n'
        "2,2026-02-01,fine\n"
        '3,2026-02-01,"closed"badly\n'
        "4,2026-02-01,fine,too,many\n"
        "\n"
        "5,2026-02-01\n"
        "6,2026-02-01,fine\n"
        f"7,2026-02-01,{'x' * (1 << 20)}\n"
        "8,2026-02-01,fine\n"
    )
    report = await run(merchant, written(tmp_path, text))
    assert [(row[0], row[2]) for row in rejects(report)] == [
        ("2", "malformed"),
        ("4", "malformed"),
        ("5", "too_many_cells"),
        ("7", "invalid"),
        ("9", "line_too_long"),
    ]
    kept = await rows(merchant, "SELECT external_id FROM reviews ORDER BY 1")
    assert kept == [("2",), ("6",), ("8",)]


def many(count: int) -> str:
    lines = (f"r{n},2026-02-01,{n % 5 + 1},text {n}" for n in range(count))
    return "\n".join(("id,date,rating,text", *lines))


async def test_a_crash_is_followed_by_a_run_that_doubles_nothing(
    merchant: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "CHUNK_ROWS", 10)
    path = written(tmp_path, many(45))
    seen: list[tuple[int, int]] = []

    def stop_after_three(done: int, total: int) -> None:
        seen.append((done, total))
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await import_file(path, "generic", merchant, stop_after_three, now=NOW)
    assert await value(merchant, "SELECT count(*) FROM reviews") == 30
    report = await run(merchant, path)
    assert (report.unchanged, report.new, report.rows, report.resumed_rows) == (0, 45, 45, 30)
    assert await value(merchant, "SELECT count(*) FROM review_versions") == 45
    assert await value(merchant, "SELECT count(*) FROM outbox WHERE topic = 'review.score_bulk'") == 45
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert {total for _, total in seen} == {path.stat().st_size}


async def test_dry_run_tells_all_and_keeps_nothing(merchant: UUID, tmp_path: Path) -> None:
    path = fixture(tmp_path, "generic.csv")
    report = await run(merchant, path, dry_run=True)
    assert (report.new, report.rejected, report.dry_run) == (4, 3, True)
    for table in ("reviews", "review_versions", "outbox"):
        assert await value(merchant, f"SELECT count(*) FROM {table}") == 0
    assert (await run(merchant, path)).new == 4


async def test_chosen_columns_go_first(merchant: UUID, tmp_path: Path) -> None:
    path = written(tmp_path, "id,date,text,long\n1,2026-02-01,short,the long one\n")
    await run(merchant, path, columns={"body": "long"})
    assert await value(merchant, "SELECT body FROM review_versions") == "the long one"
    with pytest.raises(FileUnreadable, match="nothing like it"):
        await run(merchant, path, columns={"body": "nothing like it"})


async def test_columns_of_one_name_hide_nothing(merchant: UUID, tmp_path: Path) -> None:
    path = written(tmp_path, "id,date,text,note,note\n1,2026-02-01,ok,one,two\n")
    assert (await run(merchant, path)).unmapped == ("note", "note (2)")
    extra = await rows(merchant, "SELECT extra->>'note', extra->>'note (2)' FROM review_versions")
    assert extra == [("one", "two")]


async def test_rejects_are_no_formulas_and_go_with_the_next_good_run(merchant: UUID, tmp_path: Path) -> None:
    path = written(tmp_path, "id,=date,text\n1,x,ok\n")
    report = await run(merchant, path, columns={"written_at": "=date"})
    assert rejects(report)[0][1] == "'=date"
    assert report.rejects_path == tmp_path / "in.csv.rejects.csv"
    written(tmp_path, "id,date,text\n1,2026-02-01,ok\n")
    assert (await run(merchant, path)).rejects_path is None
    assert not (tmp_path / "in.csv.rejects.csv").exists()


async def test_every_format_is_registered_under_its_code(database: object) -> None:
    assert {code: form.code for code, form in files.FORMATS.items()} == {code: code for code in files.FORMATS}
    assert db.DB.current_transaction.get() is None
