"""Scores, flags and the one case that a negative review opens."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from core import db
from reviews import similar
from reviews.reading import Evidence, find
from reviews.scoring import rules, service, tasks
from reviews.scoring.tasks import EmbedReviews, ExplainReviews, ScoreReviews, read, scorer
from sentiment.types import Urgency
from tests.fixtures.reviews.shop import (
    DAY,
    NOW,
    employee,
    open_case,
    reading,
    review,
    rows,
    score,
    take_in,
    value,
)
from tests.unit.sentiment.onnx_file import foreign_scorer

DANGER = Urgency("safety", ("caught fire",))


@pytest.mark.parametrize(
    ("fields", "negative", "urgencies", "reasons"),
    [
        ({"rating": Decimal(5)}, 0.1, [], []),
        ({"rating": Decimal(2)}, 0.15, [], ["rating"]),
        ({"rating": Decimal("2.1")}, 0.1, [], []),
        ({"rating": Decimal(1), "body": ""}, 0.2, [], ["rating"]),
        ({"rating": Decimal(3), "scale_max": Decimal(10)}, 0.15, [], ["rating"]),
        ({"rating": None}, 0.1, [], []),
        ({"rating": None}, 0.5, [], ["sentiment"]),
        ({"rating": Decimal(5)}, 0.6, [], ["sentiment"]),
        ({"rating": Decimal(5)}, 0.9, [], ["mismatch", "sentiment"]),
        ({"rating": Decimal(4)}, 0.7, [], ["mismatch", "sentiment"]),
        ({"rating": Decimal(3)}, 0.9, [], ["sentiment"]),
        ({"rating": Decimal(1)}, 0.05, [], ["mismatch", "rating"]),
        ({"rating": Decimal(1)}, 0.2, [], ["rating"]),
        ({"rating": Decimal(5)}, 0.1, [DANGER], ["urgency"]),
        ({"rating": Decimal(1)}, 0.9, [DANGER], ["rating", "sentiment", "urgency"]),
    ],
)
async def test_flags_and_case(
    merchant: UUID, fields: dict[str, Any], negative: float, urgencies: list[Urgency], reasons: list[str]
) -> None:
    (received,) = await take_in(merchant, review(**fields))
    await score(merchant, received, reading(negative, *urgencies))
    found = await rows(merchant, "SELECT reason FROM review_flags ORDER BY 1")
    assert [reason for (reason,) in found] == reasons
    assert await value(merchant, "SELECT count(*) FROM cases") == (1 if reasons else 0)
    async with db.transaction(merchant):
        assert set((await find(received.review_id)).reasons) == set(reasons)
        assert await service.progress() == service.Progress(scored=1, total=1)
        assert await service.progress_if_any() == service.Progress(scored=1, total=1)
        await db.execute("DELETE FROM outbox WHERE topic LIKE 'review.score%'")  # as the worker does
        assert await service.progress_if_any() is None


async def test_one_case_however_often_and_wherever_it_is_scored(merchant: UUID) -> None:
    received = await take_in(merchant, *[review(f"r{n}", rating=Decimal(1)) for n in range(12)])

    async def work(model: str) -> None:
        async with db.transaction(merchant):
            wordings = [w for w in await service.load([(r.review_id, 1) for r in received]) if w]
            await service.store(wordings, [reading(0.9, model=model)] * 12, NOW)

    await asyncio.gather(*(work(f"model-{n}") for n in range(4)))
    await work("model-0")
    assert await value(merchant, "SELECT count(*) FROM cases") == 12
    assert await value(merchant, "SELECT count(DISTINCT review_id) FROM cases") == 12
    numbers = await rows(merchant, "SELECT number FROM cases ORDER BY 1")
    assert [number for (number,) in numbers] == list(range(1, 13))
    assert await value(merchant, "SELECT count(*) FROM review_scores") == 48
    assert await value(merchant, "SELECT count(*) FROM review_flags") == 24
    assert await value(merchant, "SELECT count(*) FROM case_events WHERE kind = 'opened'") == 12


async def test_old_scores_stay_and_an_overtaken_wording_opens_nothing(merchant: UUID) -> None:
    (old,) = await take_in(merchant, review(rating=Decimal(1)))
    (new,) = await take_in(merchant, review(rating=Decimal(5), body="Fixed!", edited_at=NOW - DAY))
    await score(merchant, old, reading(0.9))
    assert await value(merchant, "SELECT count(*) FROM cases") == 0
    await score(merchant, new, reading(0.1))
    kept = await rows(merchant, "SELECT version, sentiment FROM review_scores ORDER BY 1")
    assert kept == [(1, "negative"), (2, "positive")]


async def test_removed_review_opens_nothing(merchant: UUID) -> None:
    (received,) = await take_in(merchant, review(rating=Decimal(1)))
    await value(merchant, "UPDATE reviews SET state = 'tombstone', removed_at = $1", NOW)
    await score(merchant, received, reading(0.9))
    assert await value(merchant, "SELECT count(*) FROM cases") == 0
    assert await value(merchant, "SELECT count(*) FROM review_flags") == 2


async def test_revision_is_noted_and_reopens_what_was_done(merchant: UUID) -> None:
    case = await open_case(merchant)
    await value(merchant, "UPDATE cases SET state = 'resolved', resolved_at = $1", NOW)
    for n, rating in enumerate((5, 1)):
        edited = review(rating=Decimal(rating), body=f"again {n}", edited_at=NOW - DAY + n * DAY / 2)
        (received,) = await take_in(merchant, edited)
        await score(merchant, received, reading(0.1))
    kinds = await rows(
        merchant,
        "SELECT kind FROM case_events WHERE case_id = $1 AND kind <> 'clock_started' ORDER BY id",
        case,
    )
    assert [kind for (kind,) in kinds] == ["opened", "review_revised", "review_revised", "reopened"]
    assert await rows(merchant, "SELECT state, cycle, resolved_at FROM cases") == [("reopened", 2, None)]
    assert await value(merchant, "SELECT count(*) FROM case_clocks WHERE cycle = 2") == 2


async def test_cases_go_to_whoever_has_the_fewest(merchant: UUID) -> None:
    first, second = await employee(merchant), await employee(merchant, "community_manager")
    await employee(merchant, "marketer")
    received = await take_in(merchant, *[review(f"r{n}", rating=Decimal(1)) for n in range(5)])
    for each in received:
        await score(merchant, each, reading(0.9))
    owners = await rows(merchant, "SELECT owner_id, count(*)::int FROM cases GROUP BY 1")
    assert sorted(count for _, count in owners) == [2, 3]
    assert {owner for owner, _ in owners} == {first, second}
    assert await value(merchant, "SELECT count(*) FROM case_events WHERE kind = 'assigned'") == 5


async def test_nobody_available_leaves_it_on_the_queue(merchant: UUID) -> None:
    await employee(merchant, "auditor")
    await open_case(merchant)
    assert await rows(merchant, "SELECT state, owner_id, open FROM cases") == [("new", None, True)]


async def test_a_review_with_a_reply_needs_no_first_reply(merchant: UUID) -> None:
    await open_case(merchant, reply="Sorry!", replied_at=NOW - DAY)
    assert await rows(merchant, "SELECT kind FROM case_clocks") == [("resolution",)]
    assert await value(merchant, "SELECT answered_at FROM cases") == NOW - DAY


async def test_the_shipped_model_through_the_worker(merchant: UUID) -> None:
    """The same text with one star and with five has the same score: stars are no input of it."""
    body = "Terrible quality, it broke after two days and nobody answered my mails."
    received = await take_in(
        merchant,
        review("one", rating=Decimal(1), body=body),
        review("five", rating=Decimal(5), body=body),
        review("silent", rating=Decimal(5), body=""),
        review("happy", rating=Decimal(5), body="Wonderful, I love it and would buy it again!"),
    )
    worker = ScoreReviews()
    async with db.transaction(merchant):
        loaded = await worker.load([{"review": str(r.review_id), "version": r.version} for r in received])
        missing = await worker.load([{"review": str(received[0].review_id), "version": 9}])
    assert missing == [None]
    items = [each for each in loaded if each]
    results = await asyncio.to_thread(worker.compute, items)
    async with db.transaction(merchant):
        await worker.store(items, results, NOW)
    scores = await rows(
        merchant,
        "SELECT r.external_id, s.stars, s.negative, s.model FROM review_scores s"
        " JOIN reviews r ON r.id = s.review_id",
    )
    by_id = {row[0]: row[1:] for row in scores}
    assert by_id["one"] == by_id["five"]
    assert by_id["one"][1] > 0.5 > by_id["happy"][1]
    flagged = await rows(
        merchant,
        "SELECT r.external_id, f.reason FROM review_flags f"
        " JOIN reviews r ON r.id = f.review_id ORDER BY 1, 2",
    )
    assert flagged == [("five", "mismatch"), ("five", "sentiment"), ("one", "rating"), ("one", "sentiment")]


async def test_what_another_model_embedded_is_embedded_again_and_nothing_else_changes(merchant: UUID) -> None:
    """Only what one model embedded compares: without it, older reviews would have no neighbours."""
    texts = ("It broke on the first day.", "Broke on day one.", "")
    received = await take_in(merchant, *[review(f"r{n}", body=body) for n, body in enumerate(texts)])
    old = [replace(reading(0.9), embedding=[1.0] + [0.0] * (similar.WIDTH - 1)) for _ in texts[:2]]
    for each, said in zip(received, [*old, reading()], strict=True):
        await score(merchant, each, said)
    await take_in(merchant, review("r1", body="I changed my mind.", edited_at=NOW - DAY))
    kept = "SELECT * FROM review_scores", "SELECT * FROM review_flags", "SELECT * FROM cases"
    before = [await rows(merchant, sql) for sql in kept]
    for wanted in (1, 0):
        async with db.transaction(merchant):
            assert await service.have_embedded(scorer().model, NOW) == wanted
    queued = [db.from_json(payload) for payload, in await rows(
        merchant, "SELECT payload FROM outbox WHERE topic = 'review.embed'"
    )]  # fmt: skip
    assert queued == [{"review": str(received[0].review_id), "version": 1}]
    worker = EmbedReviews()
    for _ in range(2):
        async with db.transaction(merchant):
            items = [each for each in await worker.load(queued) if each]
        results = await asyncio.to_thread(worker.compute, items)
        async with db.transaction(merchant):
            await worker.store(items, results, NOW)
    models = await rows(
        merchant, "SELECT review_id, model, embedding::text LIKE '[1,0%' FROM review_embeddings ORDER BY 2"
    )
    assert set(models) == {
        (received[0].review_id, scorer().model, False),
        (received[1].review_id, "test-1", True),
    }
    assert [await rows(merchant, sql) for sql in kept] == before


@pytest.mark.parametrize("foreign", [False, True])
async def test_a_model_without_embeddings_has_nothing_embedded_again(
    foreign: bool, merchant: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it reads replaces nothing, so the same reviews would wait for it for ever."""
    model = foreign_scorer(tmp_path) if foreign else scorer()
    monkeypatch.setattr(tasks, "scorer", lambda: model)
    (received,) = await take_in(merchant, review())
    old = replace(reading(0.9), embedding=[1.0] + [0.0] * (similar.WIDTH - 1))
    await score(merchant, received, old)
    await tasks.refresh(NOW)
    queued = await value(merchant, "SELECT count(*) FROM outbox WHERE topic = 'review.embed'")
    assert queued == (0 if foreign else 1)
    assert await value(merchant, "SELECT model FROM review_embeddings") == "test-1"


def test_no_stars_reach_the_model() -> None:
    """What is given to the model has no field for a rating."""
    assert set(rules.text_of("t", "b", "en").__struct_fields__) == {"text", "title", "lang"}
    wording = service.Wording(UUID(int=1), 1, Decimal(1), rules.text_of("", "It is fine.", "en"))
    other = service.Wording(UUID(int=1), 1, Decimal(5), rules.text_of("", "It is fine.", "en"))
    assert read(scorer(), [wording]) == read(scorer(), [other])


async def test_flagged_texts_are_explained_and_nothing_else(merchant: UUID) -> None:
    body = "Bought in May.\nCustomer   service was rude and useless. It is a present."
    received = await take_in(
        merchant,
        review("angry", rating=Decimal(5), body=body),
        review("silent", rating=Decimal(1), body=" "),
        review("happy", rating=Decimal(5), body="Wonderful, I love it and would buy it again!"),
    )
    worker = ScoreReviews()
    async with db.transaction(merchant):
        wordings = [w for w in await service.load([(r.review_id, 1) for r in received]) if w]
    readings = await asyncio.to_thread(worker.compute, wordings)
    async with db.transaction(merchant):
        await worker.store(wordings, readings, NOW)
    for _ in range(2):
        async with db.transaction(merchant):
            queued = await db.fetch("SELECT payload FROM outbox WHERE topic = $1", service.EXPLAIN)
        assert [db.from_json(row["payload"])["review"] for row in queued] == [str(received[0].review_id)]
        explainer = ExplainReviews()
        async with db.transaction(merchant):
            texts = [text for text in await explainer.load([db.from_json(queued[0]["payload"])]) if text]
        found = await asyncio.to_thread(explainer.compute, texts)
        async with db.transaction(merchant):
            await explainer.store(texts, found, NOW)
    assert texts == []  # explained the first time
    async with db.transaction(merchant):
        (angry, _, happy) = [await find(each.review_id) for each in received]
    assert angry.reading is not None and happy.reading is not None
    assert happy.reading.evidence is None
    assert angry.reading.evidence == Evidence("negative", ("Customer service was rude and useless.",))
    said = {each.aspect: each.words for each in angry.reading.aspects}
    assert said["service"] == "Customer service was rude and useless."
