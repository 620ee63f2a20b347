"""Near reviews of a merchant, found by the index and by nobody else."""

import asyncio
from uuid import UUID

from msgspec.structs import replace

from core import db
from reviews import similar
from reviews.intake import remove
from reviews.scoring import service
from reviews.scoring.rules import Reading
from reviews.scoring.tasks import read, scorer
from tests.conftest import new_merchant
from tests.fixtures.reviews.shop import DAY, NOW, reading, review, rows, take_in

BROKEN = "The zip broke on the second day and nobody answers my mails."
TEXTS = {
    "first": BROKEN,
    "copy": "The zip broke on the second day, and nobody answers my mails!",
    "spanish": "La cremallera se rompió al segundo día y nadie responde a mis correos.",
    "other": "Lovely colour, fits well, and it came a day early.",
    "empty": "",
}

WITHOUT_INDEX = ["enable_seqscan", "enable_sort", "enable_bitmapscan"]


async def store(merchant: UUID, texts: dict[str, str], model: str | None = None) -> dict[str, UUID]:
    """Take texts in and score them as the worker does; ids by external id."""
    received = await take_in(merchant, *[review(name, body=body) for name, body in texts.items()])
    async with db.transaction(merchant):
        wordings = [w for w in await service.load([(r.review_id, r.version) for r in received]) if w]
    readings = await asyncio.to_thread(read, scorer(), wordings)
    if model:
        readings = [renamed(each, model) for each in readings]
    async with db.transaction(merchant):
        await service.store(wordings, readings, NOW)
    return {name: each.review_id for name, each in zip(texts, received, strict=True)}


def renamed(said: Reading, model: str) -> Reading:
    return Reading(replace(said.score, model=model), said.threshold, said.urgencies, said.embedding)


async def near(merchant: UUID, review_id: UUID, limit: int = 10, most: float = 2.0) -> list[UUID]:
    async with db.transaction(merchant):
        found = await similar.neighbours(review_id, limit, most)
    assert [each.distance for each in found] == sorted(each.distance for each in found)
    return [each.review_id for each in found]


async def test_copies_and_translations_are_near(merchant: UUID) -> None:
    ids = await store(merchant, TEXTS)
    assert await near(merchant, ids["first"]) == [ids["copy"], ids["spanish"], ids["other"]]
    assert await near(merchant, ids["first"], most=similar.NEAR_DUPLICATE) == [ids["copy"]]
    assert await near(merchant, ids["first"], limit=1) == [ids["copy"]]
    assert await near(merchant, ids["first"], most=similar.LOOK_ALIKE) == [ids["copy"], ids["spanish"]]
    assert await near(merchant, ids["empty"]) == []


async def test_other_merchants_and_other_models_are_not_compared(merchant: UUID) -> None:
    other = await new_merchant()
    await store(other, TEXTS)
    ids = await store(merchant, {"first": BROKEN})
    await store(merchant, {"copy": BROKEN}, model="another-1")
    assert await near(merchant, ids["first"]) == []


async def test_what_is_compared_is_the_current_wording(merchant: UUID) -> None:
    ids = await store(merchant, {"first": BROKEN, "copy": BROKEN})
    for number, (body, kept) in enumerate([("Lovely colour, fits well.", 2), ("", 0)], start=1):
        edited = review("copy", body=body, edited_at=NOW - DAY + number * DAY / 4)
        (received,) = await take_in(merchant, edited)
        assert received.version == number + 1
        async with db.transaction(merchant):
            wordings = [w for w in await service.load([(received.review_id, n) for n in (1, 2, 3)]) if w]
        readings = await asyncio.to_thread(read, scorer(), wordings)
        async with db.transaction(merchant):
            await service.store(wordings, readings, NOW)
        versions = await rows(
            merchant, "SELECT version FROM review_embeddings WHERE review_id = $1", ids["copy"]
        )
        assert versions == ([(kept,)] if kept else [])


async def test_what_is_shown_of_look_alikes(merchant: UUID) -> None:
    ids = await store(merchant, TEXTS | {"gone": BROKEN, "edited": BROKEN})
    async with db.transaction(merchant):
        await remove("first_party", "", "gone", NOW)
    await take_in(merchant, review("edited", body="Lovely!", edited_at=NOW - DAY))
    async with db.transaction(merchant):
        copy, spanish = await similar.alike(ids["first"])
        assert [each.review.id for each in await similar.alike(ids["first"], 1)] == [ids["copy"]]
    assert (copy.review.id, copy.near_duplicate) == (ids["copy"], True)
    assert (spanish.review.id, spanish.near_duplicate) == (ids["spanish"], False)
    assert 0 < copy.distance < spanish.distance < similar.LOOK_ALIKE
    number = await rows(merchant, "SELECT id, number, state FROM cases WHERE review_id = $1", ids["copy"])
    assert [(copy.case_id, copy.case_number, copy.case_state)] == number


async def test_embeddings_of_another_width_are_not_kept(merchant: UUID) -> None:
    (received,) = await take_in(merchant, review())
    said = reading(0.1)
    async with db.transaction(merchant):
        wordings = [w for w in await service.load([(received.review_id, 1)]) if w]
        await service.store(wordings, [Reading(said.score, 0.5, (), [1.0, 0.0, 0.0])], NOW)
    assert await rows(merchant, "SELECT count(*)::int FROM review_embeddings") == [(0,)]


async def test_a_small_shop_beside_a_large_one_is_searched_to_the_end(merchant: UUID) -> None:
    """The index knows no merchants: a hundred nearer reviews of another one hide none of our own."""
    large = await new_merchant()
    await store(large, {f"r{n}": BROKEN for n in range(100)})
    ids = await store(merchant, {"first": BROKEN, "other": TEXTS["other"]})
    async with db.transaction(merchant):
        # As in a table too large to be sorted.
        await db.execute("SELECT set_config(name, 'off', true) FROM unnest($1::text[]) name", WITHOUT_INDEX)
        found = await similar.neighbours(ids["first"], 1, 2.0)
        assert await db.fetchval("SELECT pg_stat_get_xact_numscans('review_embeddings_near'::regclass)") == 1
    assert [each.review_id for each in found] == [ids["other"]]
