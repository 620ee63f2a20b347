"""`regulars reviews import` and `export` as commands: every format, a run that is killed, a large file."""

import asyncio
import shutil
import signal
import sys
from pathlib import Path
from uuid import UUID

import pytest

from core import db
from tests.fixtures.reviews.shop import rows, value

FIXTURES = Path(__file__).parents[1] / "fixtures" / "reviews"
# Several commands in one process, one after the other; each is told apart by the line before it.
SEVERAL = """
import sys
from admin.cli import main
for arguments in sys.argv[1:]:
    print("::", arguments.split("|")[2].rpartition("/")[2], flush=True)
    main(arguments.split("|"), standalone_mode=False)
"""


async def python(code: str, *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, errors = await process.communicate()
    return process.returncode or 0, out.decode(), errors.decode()


async def code_of(merchant: UUID) -> str:
    async with db.transaction(merchant):
        return str(await db.fetchval("SELECT code FROM merchants"))


async def test_files_of_every_format_are_imported(merchant: UUID, tmp_path: Path) -> None:
    files = sorted(shutil.copy(path, tmp_path) for path in FIXTURES.iterdir() if path.suffix != ".py")
    commands = [f"reviews|import|{file}|--merchant|{await code_of(merchant)}" for file in files]
    status, out, errors = await python(SEVERAL, *commands)
    assert status == 0, errors
    told = {part.split("\n")[0].strip(): part for part in out.split(":: ")[1:]}
    formats = {name: text.split("Format ")[1].split(",")[0] for name, text in told.items()}
    assert formats["meta.csv"] == "meta" and formats["google_product.xml"] == "google_product"
    assert len(set(formats.values())) == 15
    new = sum(int(text.split(" new,")[0].rpartition(" ")[2]) for text in told.values())
    assert new == await value(merchant, "SELECT count(*) FROM reviews WHERE version > 0")
    assert "rows rejected: see" in errors
    assert (tmp_path / "yotpo.csv.rejects.csv").read_text().splitlines()[1].startswith("5,published,invalid,")


async def test_export_and_back(merchant: UUID, tmp_path: Path) -> None:
    who = ("--merchant", await code_of(merchant))
    source = str(shutil.copy(FIXTURES / "loox.csv", tmp_path))
    out = tmp_path / "out.csv"
    commands = (
        ("reviews", "import", source, *who),
        ("reviews", "export", str(out), *who, "--format", "loox"),
        ("reviews", "import", str(out), *who),
    )
    status, told, errors = await python(SEVERAL, *("|".join(command) for command in commands))
    assert status == 0, errors
    assert f"3 reviews written to {out}" in told
    assert "3 rows: 0 new, 0 changed, 0 older wordings, 3 known already, 0 rejected" in told
    assert out.stat().st_mode & 0o077 == 0, "for its owner alone"
    assert not (tmp_path / "out.csv.part").exists()


KILLED = """
import os, signal, sys
from reviews.files import runs, taking
import admin.commands.reviews as command
from admin.cli import main
taking.CHUNK_ROWS, at, seen = 100, sys.argv.pop(1), 0
def third_time():
    global seen
    seen += 1
    if seen == 3:
        os.kill(os.getpid(), signal.SIGKILL)
if at == "before the commit":
    advance = runs.advance
    async def killed(*arguments):
        third_time()
        await advance(*arguments)
    runs.advance = killed
else:
    from contextlib import contextmanager
    @contextmanager
    def bar(title):
        yield lambda done, total: third_time()
    command.bar = bar
main(sys.argv[1:])
"""


@pytest.mark.parametrize(
    ("kind", "at", "done"), [("csv", "before the commit", 200), ("json", "after the commit", 300)]
)
async def test_a_run_that_is_killed_goes_on_where_it_was(
    merchant: UUID, tmp_path: Path, kind: str, at: str, done: int
) -> None:
    path = tmp_path / "many"
    texts = ["" if n % 50 == 7 else f"text {n}" for n in range(1000)]
    if kind == "csv":
        path.write_text(
            "id,date,text\n" + "".join(f"r{n},2026-02-01,{text}\n" for n, text in enumerate(texts))
        )
    else:
        path.write_text(
            "["
            + ",\n".join(
                f'{{"id":"r{n}","date":"2026-02-01","text":"{text}"}}' for n, text in enumerate(texts)
            )
            + "]"
        )
    command = ("reviews", "import", str(path), "--merchant", await code_of(merchant))
    status, _, _ = await python(KILLED, at, *command)
    assert status == -signal.SIGKILL
    written = await value(merchant, "SELECT count(*) FROM reviews")
    assert written == done - done // 50
    status, out, errors = await python("from admin.cli import main; main()", *command)
    assert status == 0, errors
    assert "1000 rows: 980 new, 0 changed, 0 older wordings, 0 known already, 20 rejected" in out
    assert f"An earlier run was ended after {done} of these rows" in out
    rejects = (tmp_path / "many.rejects.csv").read_text().splitlines()
    assert rejects[0] == "line,column,code,reason"
    assert [int(line.split(",")[0]) for line in rejects[1:]] == [
        n + (2 if kind == "csv" else 1) for n in range(7, 1000, 50)
    ]
    assert await value(merchant, "SELECT count(*) FROM review_versions") == 980
    assert await rows(merchant, "SELECT DISTINCT state FROM review_imports") == [("done",)]


MEASURED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv.pop(1)),) * 2)
from admin.cli import main
main(sys.argv[1:], standalone_mode=False)
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
"""
DATA_LIMIT_BYTES = 600 << 20


def large(path: Path, rows: int, chars: int) -> int:
    """Half of the rows are rejected: what cannot be taken in is no easier to read."""
    with path.open("w") as file:
        file.write("id,date,text\n")
        for n in range(rows):
            file.write(f"r{n},2026-02-{'01' if n % 2 else '31'},{'x' * chars}\n")
    return path.stat().st_size


async def test_memory_does_not_grow_with_the_file(merchant: UUID, tmp_path: Path) -> None:
    who = ("--merchant", await code_of(merchant))
    peaks = []
    for rows_, chars in ((2_000, 2_000), (20_000, 2_000)):
        path = tmp_path / f"{rows_}.csv"
        size = large(path, rows_, chars)
        command = ("reviews", "import", str(path), *who, "--dry-run", "--format", "generic")
        status, out, errors = await python(MEASURED, str(DATA_LIMIT_BYTES), *command)
        assert status == 0, errors
        assert f"{rows_} rows: {rows_ // 2} new" in out
        peaks.append(int(out.split("peak ")[1]))
    assert size > 40_000_000
    assert peaks[1] < peaks[0] + 20_000, "kilobytes"
