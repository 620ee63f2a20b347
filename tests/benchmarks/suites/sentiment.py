"""Reading reviews: against the usual way, the machine, the queue around it, a second worker, and itself."""

import asyncio
import signal
import sys
import time
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np

from core import clock, db
from core.embedded.processes import spawn, stop, tail
from reviews import intake
from reviews.intake import IncomingReview, tasks
from reviews.intake.service import RECEIVED
from sentiment import model_file
from sentiment.model_file import DEFAULT_FOLDER, TOKENIZER_FILE
from sentiment.network import Network
from sentiment.scorer import Scorer
from sentiment.text import joined
from sentiment.types import Text
from tests.benchmarks import reading
from tests.benchmarks.registry import Figures, NotRun, at_least, at_most, benchmark
from tests.benchmarks.rig import Database, Rig
from tests.benchmarks.rounds import alternate, seconds

# Of the shipped network.
LAYERS, WIDTH, WIDE, HEADS, PIECES = 12, 384, 1536, 12, 48_000
PIPELINE_BATCH = 32
GEMM = 2048
DONE_WITHIN_S = 600


@benchmark(
    "sentiment.pipeline",
    "reviews of mixed length through the scorer",
    f"transformers.pipeline, torch fp32, batch {PIPELINE_BATCH}, a network of the same shape, the same texts",
    "1/s",
    at_least(2),
)
def pipeline(rig: Rig) -> Figures:
    if not find_spec("torch"):
        raise NotRun("torch is not installed (the train extra)")
    what, scorer, usual = _texts(rig, 384), Scorer.load(threads=reading.THREADS), _pipeline()
    lines = [joined(text) for text in what]
    return alternate(
        lambda: reading.rate(scorer, what),
        lambda: len(lines) / seconds(lambda: usual(lines, batch_size=PIPELINE_BATCH, truncation=True)),
        min(rig.rounds, 3),
    )


@benchmark(
    "sentiment.peak",
    "useful operations a second of the scorer: those of tokens that are there, matrix products alone",
    f"fp32 matrix products of {GEMM} rows and columns (numpy)",
    "Gflop/s",
    at_least(0.55),
)
def peak(rig: Rig) -> Figures:
    what, scorer = _texts(rig, 512), Scorer.load(threads=reading.THREADS)
    giga = _operations(scorer, what) / 1e9
    one, other = (np.random.default_rng(n).random((GEMM, GEMM), np.float32) for n in (1, 2))
    return alternate(
        lambda: giga / seconds(lambda: scorer.read(what)),
        lambda: 2 * GEMM**3 / 1e9 / min(seconds(lambda: one @ other) for _ in range(5)),
        rig.rounds,
    )


@benchmark(
    "sentiment.worker",
    "reviews from the outbox to a stored score: relay, scoring worker with a child for each processor",
    "the bare scorer on the same texts",
    "1/s",
    at_least(0.8),
)
def worker(rig: Rig) -> Figures:
    # Enough that what is stored first is but a part.
    what = reading.texts(max(1_024, len(_texts(rig, 2_048))))
    with rig.alone(100, 1) as database:
        asyncio.run(_take_in(database, what))
        scorer = Scorer.load(threads=reading.THREADS)
        before = reading.rate(scorer, what)
        value = _work_off(rig, database, len(what))
        return Figures(value, (before + reading.rate(scorer, what)) / 2)


@benchmark("sentiment.two", "two workers of one thread each, together", "one of them", "1/s", at_least(1.6))
def two(rig: Rig) -> Figures:
    size = len(_texts(rig, 512))

    def both() -> float:
        return sum([reading.number(each) for each in [reading.start("rate", size) for _ in range(2)]])

    return alternate(both, lambda: reading.number(reading.start("rate", size)), min(rig.rounds, 3))


@benchmark(
    "sentiment.memory",
    "resident memory of a process that scored a file of 20,000 lines",
    "after 2,000 lines",
    "MB",
    at_most(1.05),
)
def memory(rig: Rig) -> Figures:
    few = max(1_024, round(2_000 * rig.scale))
    many, less = (reading.number(reading.start("memory", lines)) for lines in (10 * few, few))
    return Figures(many, less)


def _texts(rig: Rig, count: int) -> list[Text]:
    return reading.texts(max(64, round(count * min(1, rig.scale * 10))))


def _operations(scorer: Scorer, what: list[Text]) -> float:
    network = scorer._network
    assert isinstance(network, Network)
    of_a_token = LAYERS * (8 * WIDTH**2 + 4 * WIDTH * WIDE)
    total = 0.0
    for batch in network._pieces.batches([joined(text) for text in what]):
        lengths = batch.mask.sum(axis=1)
        total += float(of_a_token * lengths.sum() + LAYERS * 4 * WIDTH * (lengths**2).sum())
    return total


def _pipeline() -> Any:
    import torch
    import transformers

    torch.manual_seed(1)
    torch.set_num_threads(reading.THREADS)
    config = transformers.BertConfig(
        vocab_size=PIECES, hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
        intermediate_size=WIDE, id2label={n: str(n) for n in range(5)},
    )  # fmt: skip
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(DEFAULT_FOLDER / TOKENIZER_FILE),
        model_max_length=model_file.read(DEFAULT_FOLDER).max_tokens,
        pad_token="<pad>",
    )
    model = transformers.BertForSequenceClassification(config).eval()
    return transformers.pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")


async def _take_in(database: Database, what: list[Text]) -> None:
    await db.connect(database.app_url, pool_size=2)
    now = clock.now()
    try:
        for begin in range(0, len(what), 500):
            reviews = [
                IncomingReview(
                    source="bench", external_id=str(n), title=text.title, body=text.text,
                    lang=text.lang or "", written_at=now - timedelta(days=1),
                )
                for n, text in enumerate(what[begin : begin + 500], begin)
            ]  # fmt: skip
            async with db.transaction(database.content.merchant):
                await intake.receive(reviews, now)
        await _spread(database.content.merchant, now)
    finally:
        await db.disconnect()


async def _spread(merchant: UUID, now: datetime) -> None:
    """What came together is queued one by one, as a worker of events does it before any is scored."""
    async with db.transaction(merchant):
        for row in await db.fetch("DELETE FROM outbox WHERE topic = $1 RETURNING payload", RECEIVED):
            await tasks.spread(db.from_json(row["payload"]), now)


def _work_off(rig: Rig, database: Database, reviews: int) -> float:
    """Scores a second between the first that are stored and the last."""
    environment = {
        "REGULARS_DATABASE_URL": database.app_url,
        "REGULARS_VALKEY_URL": rig.servers.valkey_url,
        "REGULARS_DATA_DIR": str(rig.folder),
    }
    command, log = (sys.executable, "-m", "admin.cli"), rig.folder / "logs" / "scoring.log"
    started = [
        spawn((*command, "worker", "--queues", "scoring"), log, environment),
        spawn((*command, "scheduler"), rig.folder / "logs" / "relay.log", environment),
    ]
    try:
        return asyncio.run(_watch(database, reviews))
    except TimeoutError as error:
        raise RuntimeError(f"not all were scored\n{tail(log)}") from error
    finally:
        for process in started:
            stop(process, signal.SIGTERM, grace_s=30)


async def _watch(database: Database, reviews: int) -> float:
    connection = await asyncpg.connect(database.admin_url)
    first, stored, begun, deadline = 0, 0, 0.0, time.monotonic() + DONE_WITHIN_S
    try:
        while stored < reviews:
            await asyncio.sleep(0.05)
            stored = await connection.fetchval("SELECT count(*) FROM review_scores")
            if stored and not first:
                first, begun = stored, time.monotonic()
            if time.monotonic() > deadline:
                raise TimeoutError
    finally:
        await connection.close()
    return (reviews - first) / (time.monotonic() - begun)
