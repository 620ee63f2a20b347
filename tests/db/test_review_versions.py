"""Corrections by people, and a second model in the shadow of the one that answers."""

import asyncio
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from core import db
from core.errors import NotFound
from core.settings import Settings
from reviews.reading import find
from reviews.scoring import service as scoring
from reviews.versions import service, tasks
from reviews.versions.rules import Correction, CorrectionUnfit
from reviews.versions.tasks import ShadowScores
from sentiment.evaluate import evaluate
from sentiment.model_file import DEFAULT_FOLDER
from sentiment.rows import read_rows
from sentiment.training.config import STANDARD, read_config
from sentiment.training.mixture import examples_of_pass, read_pool
from tests.conftest import new_merchant
from tests.fixtures.reviews.shop import DAY, NOW, employee, reading, review, rows, score, take_in, value
from tests.unit.sentiment.onnx_file import foreign_scorer


async def test_the_last_correction_counts_and_scores_stay(merchant: UUID) -> None:
    (received,) = await take_in(merchant, review(body="Not bad at all."))
    await score(merchant, received, reading(0.9))
    before = await rows(merchant, "SELECT * FROM review_scores")
    agent = await employee(merchant)
    async with db.transaction(merchant):
        assert await service.corrected(received.review_id) is None
        await service.correct(received.review_id, Correction("neutral"), NOW)
        await service.correct(
            received.review_id, Correction("positive", 4, {"price": "positive"}), NOW, agent
        )
        found = await service.corrected(received.review_id)
        shown = await find(received.review_id)
    assert found is not None
    assert found.correction == Correction("positive", 4, {"price": "positive"})
    assert found.person.startswith("agent")
    assert shown.reading is not None and shown.reading.sentiment == "negative"
    assert await rows(merchant, "SELECT * FROM review_scores") == before
    assert await rows(merchant, "SELECT model FROM review_corrections") == [("test-1",)] * 2


async def test_what_cannot_be_corrected(merchant: UUID) -> None:
    (received,) = await take_in(merchant, review())
    async with db.transaction(merchant):
        for review_id, correction, error in (
            (received.review_id, Correction("negative", 5), CorrectionUnfit),
            (uuid4(), Correction("negative"), NotFound),
        ):
            with pytest.raises(error):
                await service.correct(review_id, correction, NOW)
    other = await new_merchant()
    async with db.transaction(other):
        with pytest.raises(NotFound):
            await service.correct(received.review_id, Correction("negative"), NOW)
    assert await value(merchant, "SELECT count(*) FROM review_corrections") == 0


async def test_an_edited_review_is_another_wording(merchant: UUID) -> None:
    (received,) = await take_in(merchant, review(body="Bad."))
    async with db.transaction(merchant):
        await service.correct(received.review_id, Correction("negative", 1), NOW)
    await take_in(merchant, review(body="Good after all.", edited_at=NOW - DAY))
    async with db.transaction(merchant):
        assert await service.corrected(received.review_id) is None


async def test_corrections_become_rows_that_evaluate_reads(merchant: UUID, tmp_path: Path) -> None:
    texts = [f"Terrible quality, it broke on day {n}." for n in range(120)]
    received = await take_in(merchant, *[review(f"r{n}", body=body) for n, body in enumerate([*texts, " "])])
    async with db.transaction(merchant):
        for each in received:
            await service.correct(each.review_id, Correction("positive", 5), NOW)
            await service.correct(each.review_id, Correction("negative", 1, {"quality": "negative"}), NOW)
    assert await service.export(merchant, tmp_path / "corrections.jsonl.gz") == len(texts)
    measuring, training = (list(read_rows(tmp_path, split)) for split in ("dev", "train"))
    assert measuring and training and {row.text for row in [*measuring, *training]} == set(texts)
    assert len(measuring) + len(training) == len(texts)
    assert {(row.label, row.stars, row.lang) for row in [*measuring, *training]} == {("neg", 1, "en")}
    config = replace(read_config(STANDARD), rows={"corrections": 150}, own_examples=0)
    passed = examples_of_pass(read_pool(tmp_path, config), config, 0)
    assert len(passed) == 150 and {example.row.text for example in passed} == {row.text for row in training}
    figures = await asyncio.to_thread(evaluate, tmp_path, DEFAULT_FOLDER, 1)
    assert figures.sources["corrections en"].accuracy.value == 1
    assert await service.export(await new_merchant(), tmp_path / "none.jsonl.gz") == 0


async def test_a_shadow_reads_along_and_is_compared(
    merchant: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = foreign_scorer(tmp_path)
    monkeypatch.setattr(scoring, "settings", lambda: Settings(shadow_model_dir=tmp_path))
    monkeypatch.setattr(tasks, "shadow", lambda: model)
    bodies = {"agreed": "bad", "newly": "fine thing", "gone": "good but broken", "silent": ""}
    received = await take_in(
        merchant,
        *[review(name, body=body, rating=None if body else Decimal(5)) for name, body in bodies.items()],
    )
    answers = [reading(0.9), reading(0.1), reading(0.9), reading(0.0)]
    answered = [replace_model(each, tasks.scorer().model) for each in answers]
    for each, said in zip(received, answered, strict=True):
        await score(merchant, each, said)
    async with db.transaction(merchant):
        queued = await db.fetch("SELECT payload FROM outbox WHERE topic = $1 ORDER BY id", scoring.SHADOW)
        await service.correct(received[1].review_id, Correction("positive"), NOW)
    assert len(queued) == 3
    worker = ShadowScores()
    for _ in range(2):
        async with db.transaction(merchant):
            loaded = [w for w in await worker.load([db.from_json(row["payload"]) for row in queued]) if w]
        results = worker.compute(loaded)
        async with db.transaction(merchant):
            await worker.store(loaded, results, NOW)
    assert loaded == []  # read the first time
    async with db.transaction(merchant):
        (pair,) = await service.comparisons()
        different = await service.differences(pair.answered_by, pair.shadow)
        assert (await find(received[1].review_id)).reading is not None
    assert (pair.answered_by, pair.shadow, pair.reviews) == (tasks.scorer().model, model.model, 3)
    assert (pair.same_sentiment, pair.newly_flagged, pair.no_longer_flagged) == (1, 1, 1)
    assert (pair.corrected, pair.answered_right, pair.shadow_right) == (1, 1, 0)
    assert {each.review_id for each in different} == {received[1].review_id, received[2].review_id}
    assert await value(merchant, "SELECT count(*) FROM review_scores") == 4
    assert await value(merchant, "SELECT count(*) FROM cases") == 2


def replace_model(said: scoring.Reading, model: str) -> scoring.Reading:
    return scoring.Reading(replace(said.score, model=model), said.threshold, said.urgencies)


async def test_without_a_shadow_nothing_waits_for_one(merchant: UUID) -> None:
    (received,) = await take_in(merchant, review())
    await score(merchant, received, reading(0.9))
    assert await value(merchant, "SELECT count(*) FROM outbox WHERE topic = $1", scoring.SHADOW) == 0
    worker = ShadowScores()
    async with db.transaction(merchant):
        assert list(await worker.load([{"review": str(received.review_id), "version": 1}])) == [None]
