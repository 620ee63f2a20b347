"""What benchmarks of scoring read: real reviews of mixed length; and processes that do nothing but score."""

import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

from core.health import resident_mb
from sentiment.files import score_file
from sentiment.scorer import Scorer
from sentiment.types import Text
from tests.benchmarks.rounds import seconds

ROOT = Path(__file__).parents[2]
REVIEWS = ROOT / "admin" / "demo" / "data" / "reviews.jsonl.gz"
THREADS = 2


def texts(count: int) -> list[Text]:
    """The demo's reviews in a seeded order, again and again when there are not enough."""
    with gzip.open(REVIEWS) as lines:
        found = [Text(row["text"], row["title"], row["lang"]) for row in map(json.loads, lines)]
    Random(1).shuffle(found)
    return (found * (count // len(found) + 1))[:count]


def rate(scorer: Scorer, what: list[Text], at_once: int = 256) -> float:
    """Texts a second, as a worker reads them."""

    def read() -> None:
        for n in range(0, len(what), at_once):
            scorer.read(what[n : n + at_once])

    return len(what) / seconds(read)


def start(*arguments: object) -> subprocess.Popen[str]:
    """This module as a process; it prints one number."""
    command = [sys.executable, "-m", "tests.benchmarks.reading", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def number(process: subprocess.Popen[str]) -> float:
    """What a process printed."""
    said = process.communicate()[0]
    if process.returncode:
        raise RuntimeError(f"a process that scores ended with {process.returncode}")
    return float(said)


def memory_mb(lines: int) -> float:
    """Resident memory after a file of so many lines was scored."""
    scorer = Scorer.load(threads=THREADS)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.jsonl"
        with source.open("w", encoding="utf-8") as file:
            for n, text in enumerate(texts(lines)):
                file.write(json.dumps({"id": n, "text": text.text}) + "\n")
        score_file(source, Path(folder) / "out.jsonl", scorer, lambda *_: None)
    return resident_mb()


if __name__ == "__main__":
    what, size = sys.argv[1], int(sys.argv[2])
    print(memory_mb(size) if what == "memory" else rate(Scorer.load(threads=1), texts(size)))
