"""Scores a file of reviews, one JSON object a line, in memory that does not grow with the file."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO

import msgspec
from msgspec import Struct

from sentiment.scorer import Scorer
from sentiment.text import RAW_CHARACTERS
from sentiment.types import Score, Text

# Lines in a window are batched by length; the next window is read when this one is written.
WINDOW_LINES = 1_024
MAX_LINE_BYTES = 1 << 20
MAX_ID_CHARACTERS = 256

OnProgress = Callable[[int, int], None]


class FileReport(Struct, frozen=True):
    """`lines` = `scored` + `rejected`, without blank lines. `rejects_path` is None without rejects."""

    lines: int
    scored: int
    rejected: int
    rejects_path: Path | None


class LineRejected(Exception):
    """One line cannot be scored; `code` is stable, the message says what is wrong with it."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True)
class Item:
    """A line that can be scored."""

    id: str | int
    text: Text


@dataclass
class Job:
    """The open files of one run and what was done so far."""

    scored_file: TextIO
    rejects_file: TextIO
    scored: int = 0
    rejected: int = 0


def score_file(source: Path, target: Path, scorer: Scorer, on_progress: OnProgress) -> FileReport:
    """Writes a score for each valid line of `source` to `target`, in the same order.

    Lines that cannot be scored go to `<target>.rejects.jsonl` with `line` (counted from 1), `code`, `reason`.
    `on_progress` gets bytes read and bytes in all, after each window. Both files appear when all is done, and
    replace older ones; on an error nothing is left behind. Raises OSError when a file cannot be read or
    written.
    """
    rejects = target.with_name(f"{target.name}.rejects.jsonl")
    parts = [path.with_name(f"{path.name}.part") for path in (target, rejects)]
    try:
        with ExitStack() as files:
            lines = files.enter_context(source.open("rb"))
            scored_file, rejects_file = (
                files.enter_context(part.open("w", encoding="utf-8")) for part in parts
            )
            job = Job(scored_file, rejects_file)
            _score_lines(lines, source.stat().st_size, job, scorer, on_progress)
        parts[0].replace(target)
        if job.rejected:
            parts[1].replace(rejects)
        else:
            rejects.unlink(missing_ok=True)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    return FileReport(job.scored + job.rejected, job.scored, job.rejected, rejects if job.rejected else None)


def _score_lines(file: BinaryIO, size: int, job: Job, scorer: Scorer, on_progress: OnProgress) -> None:
    numbered = enumerate(_lines(file), start=1)
    while window := list(islice(numbered, WINDOW_LINES)):
        items = [item for number, line in window if (item := _item_or_reject(line, number, job)) is not None]
        for item, score in zip(items, scorer.score([item.text for item in items]), strict=True):
            job.scored_file.write(_as_line(item.id, score))
        job.scored += len(items)
        on_progress(file.tell(), size)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines without their end; of a line that is too long only the first bytes, one more than is allowed."""
    while line := file.readline(MAX_LINE_BYTES + 1):
        rest = line
        while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
            rest = file.readline(MAX_LINE_BYTES + 1)
        yield line


def _item_or_reject(line: bytes, number: int, job: Job) -> Item | None:
    if number == 1:
        line = line.removeprefix(b"\xef\xbb\xbf")
    if not line.strip():
        return None
    try:
        return parse(line)
    except LineRejected as rejected:
        row = {"line": number, "code": rejected.code, "reason": str(rejected)}
        job.rejects_file.write(json.dumps(row) + "\n")
        job.rejected += 1
        return None


def parse(line: bytes) -> Item:
    """One line of the source; raises `LineRejected`."""
    if len(line) > MAX_LINE_BYTES:
        raise LineRejected("line_too_long", f"longer than {MAX_LINE_BYTES} bytes")
    try:
        # Not msgspec: that refuses halves of surrogate pairs, which the scorer can clean away.
        found = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise LineRejected("bad_utf8", f"not UTF-8 at byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise LineRejected("bad_json", f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise LineRejected("not_an_object", "not a JSON object")
    return Item(_id_of(found), _text_of(found))


def _id_of(found: dict[str, object]) -> str | int:
    value = found.get("id")
    if value is None or value == "":
        raise LineRejected("missing_id", "id is missing")
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise LineRejected("wrong_type", "id must be a string or a whole number")
    if len(str(value)) > MAX_ID_CHARACTERS:
        raise LineRejected("id_too_long", f"id is longer than {MAX_ID_CHARACTERS} characters")
    return value


def _text_of(found: dict[str, object]) -> Text:
    if found.get("text") is None:
        raise LineRejected("missing_text", "text is missing")
    fields: dict[str, str] = {}
    for name in ("text", "title", "lang"):
        value = found.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            raise LineRejected("wrong_type", f"{name} must be a string")
        # The scorer reads no more of it, and a window should not keep it.
        fields[name] = value[:RAW_CHARACTERS]
    return Text(**fields)


def _as_line(identifier: str | int, score: Score) -> str:
    row = {
        "id": identifier,
        "sentiment": score.sentiment,
        "probabilities": msgspec.to_builtins(score.probabilities),
        "stars_predicted": score.stars_predicted,
        "stars_expected": score.stars_expected,
        "aspects": msgspec.to_builtins(score.aspects),
        "model": score.model,
    }
    # ASCII, so that an id with half of a surrogate pair can be given back as it came.
    return json.dumps(row) + "\n"
