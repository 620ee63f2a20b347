"""Surveys: who is asked and how often, what an answer does, and that it brings nobody anything."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from core import db
from core.notifications import consent
from core.notifications import settings as notifying
from core.notifications.model import Settings as Notifying
from core.people.tokens import LinkEnded, merchant_of
from reviews import surveys as package
from reviews.cases import service as cases
from reviews.surveys import answering, rules, service
from reviews.surveys.answering import AnswerUnfit, SurveyClosed
from reviews.surveys.rules import Settings
from reviews.surveys.service import CaseUnfit
from tests.factories.imports import imported
from tests.fixtures.reviews.shop import DAY, NOW, customer, employee, mails, open_case, order, rows, value

ASKING = Settings(after_resolution=True, after_hours=2, recommend=True, recommend_after_days=14)
HOUR = timedelta(hours=1)


@pytest.fixture
async def ana(merchant: UUID) -> UUID:
    """A customer of a shop that asks since yesterday; by day and night, which other tests are about."""
    async with db.transaction(merchant):
        await service.change(ASKING, None, NOW - DAY)
        await notifying.change(Notifying(quiet_from=NOW.time(), quiet_until=NOW.time()), None, NOW - DAY)
    return await customer(merchant, email="ana@mail.test")


async def resolved(merchant: UUID, buyer: UUID, word: str = "r1") -> tuple[UUID, UUID]:
    """A case of theirs that was resolved now, and by whom."""
    case, agent = await open_case(merchant, external_id=word, customer_id=buyer), await employee(merchant)
    async with db.transaction(merchant):
        version = await db.fetchval("SELECT version FROM cases WHERE id = $1", case)
        await cases.resolve(case, agent, version, NOW)
    return case, agent


async def sweep(merchant: UUID, at: Any = NOW + 3 * HOUR) -> int:
    async with db.transaction(merchant):
        return await service.sweep(at)


async def survey_of(merchant: UUID) -> UUID:
    found: UUID = await value(merchant, "SELECT id FROM case_surveys WHERE state = 'sent' ORDER BY id DESC")
    return found


async def say(merchant: UUID, survey: UUID, at: Any = NOW + 4 * HOUR, **said: Any) -> None:
    """Answers by question; words under `text`."""
    for question, answer in said.items():
        score, text = (None, answer) if question == "text" else (answer, "")
        async with db.transaction(merchant):
            await answering.answer(survey, question, score, text, at)  # type: ignore[arg-type]


async def states(merchant: UUID) -> list[tuple[Any, ...]]:
    return await rows(merchant, "SELECT kind, state, skip_reason FROM case_surveys ORDER BY id")


async def test_whoever_had_a_case_resolved_is_asked_once(merchant: UUID, ana: UUID) -> None:
    case, agent = await resolved(merchant, ana)
    assert await sweep(merchant, NOW + HOUR) == 0
    assert await sweep(merchant) == 1
    assert await sweep(merchant) == 0
    assert await rows(merchant, "SELECT case_id, cycle, staff_id, questions FROM case_surveys") == [
        (case, 1, agent, ["csat", "effort", "text"])
    ]
    (mail,) = await mails(merchant)
    assert (mail.kind, mail.subject) == ("survey", "Have we put it right?")
    assert "List-Unsubscribe-Post" in mail.headers
    token = re.search(r"/surveys/answer\?token=(\S+)", mail.body)
    assert token
    assert token[1] not in str(await rows(merchant, "SELECT l::text FROM case_survey_links l"))
    assert await merchant_of("gate_survey_link", token[1]) == merchant
    async with db.transaction(merchant):
        survey, _ = await service.open_link(token[1])
        assert (survey.customer_id, survey.kind) == (ana, "resolution")
        with pytest.raises(LinkEnded):
            await service.open_link("x")


async def test_nobody_is_asked_who_was_asked_lately_has_had_enough_or_is_back(
    merchant: UUID, ana: UUID
) -> None:
    ben, cem = (
        await customer(merchant, "c2", email="b@mail.test"),
        await customer(merchant, "c3", "c@mail.test"),
    )
    await resolved(merchant, ana)
    await resolved(merchant, ana, "r2")
    await resolved(merchant, ben, "r3")
    back, agent = await resolved(merchant, cem, "r4")
    async with db.transaction(merchant):
        await consent.say(ben, {("surveys", "mail"): False}, "portal", NOW)
        await service.sweep(NOW - timedelta(seconds=1))  # nothing is two hours old
        version = await db.fetchval("SELECT version FROM cases WHERE id = $1", back)
        await cases.reopen(back, agent, version, NOW + HOUR)
    assert await sweep(merchant) == 1
    assert sorted(reason or state for _, state, reason in await states(merchant)) == [
        "cooldown", "sent", "unwanted",
    ]  # fmt: skip


async def test_everybody_is_asked_after_a_delivery_whatever_they_think(merchant: UUID, ana: UUID) -> None:
    bought = await order(merchant, ana, "o1", "lamp", NOW - 20 * DAY)
    await value(
        merchant, "UPDATE orders SET delivered_at = $2 WHERE id = $1 RETURNING id", bought, NOW - 13 * DAY
    )
    assert await sweep(merchant, NOW) == 0
    assert await sweep(merchant, NOW + DAY) == 1
    assert await sweep(merchant, NOW + 2 * DAY) == 0
    assert await rows(merchant, "SELECT kind, order_id, questions FROM case_surveys") == [
        ("recommend", bought, ["nps", "text"])
    ]


async def test_an_answer_counts_once_and_can_be_changed_for_a_day(merchant: UUID, ana: UUID) -> None:
    case, _ = await resolved(merchant, ana)
    await sweep(merchant)
    survey = await survey_of(merchant)
    await say(merchant, survey, csat=4)
    await asyncio.gather(*(say(merchant, survey, csat=5) for _ in range(3)))
    assert await rows(merchant, "SELECT question, score FROM case_survey_answers ORDER BY id") == [
        ("csat", 4), ("csat", 5),
    ]  # fmt: skip
    async with db.transaction(merchant):
        assert (await service.answers(survey))["csat"].score == 5
    late = NOW + 4 * HOUR + DAY
    with pytest.raises(SurveyClosed):
        await say(merchant, survey, late, csat=1)
    assert await value(merchant, "SELECT count(*) FROM case_survey_answers") == 2
    assert await value(merchant, "SELECT state FROM cases WHERE id = $1", case) == "resolved"


@pytest.mark.parametrize(
    ("question", "score", "text"),
    [
        ("csat", 0, ""),
        ("csat", 6, ""),
        ("csat", None, ""),
        ("nps", 5, ""),
        ("csat", 3, "x"),
        ("text", 3, "x"),
    ],
)
async def test_what_is_no_answer_changes_nothing(
    merchant: UUID, ana: UUID, question: Any, score: Any, text: str
) -> None:
    await resolved(merchant, ana)
    await sweep(merchant)
    survey = await survey_of(merchant)
    with pytest.raises(AnswerUnfit):
        async with db.transaction(merchant):
            await answering.answer(survey, question, score, text, NOW + 4 * HOUR)
    with pytest.raises(AnswerUnfit):
        await say(merchant, survey, text="x" * (rules.TEXT_LIMIT_CHARS + 1))
    assert await value(merchant, "SELECT count(*) FROM case_survey_answers") == 0


async def test_a_bad_answer_with_words_reopens_the_case_and_doubles_no_review(
    merchant: UUID, ana: UUID
) -> None:
    case, _ = await resolved(merchant, ana)
    await sweep(merchant)
    survey, reviews = await survey_of(merchant), await value(merchant, "SELECT count(*) FROM reviews")
    await say(merchant, survey, csat=1, effort=2)
    assert (
        await value(merchant, "SELECT state FROM cases") == "resolved"
    )  # words are what somebody can act on
    await say(merchant, survey, text="It broke again.")
    await say(merchant, survey, text="It broke again.")
    assert await rows(merchant, "SELECT id, state, cycle FROM cases") == [(case, "reopened", 2)]
    said = "SELECT body FROM case_messages WHERE kind = 'customer_message'"
    assert await rows(merchant, said) == [("It broke again.",)]
    assert await value(merchant, "SELECT count(*) FROM reviews") == reviews
    scored = (
        "SELECT detail ->> 'question', detail ->> 'score' FROM case_events WHERE kind = 'survey_answered'"
    )
    assert await rows(merchant, f"{scored} ORDER BY id") == [("csat", "1"), ("effort", "2")]


@pytest.mark.parametrize(("nps", "opens"), [(6, 1), (7, 0)])
async def test_a_bad_recommendation_opens_a_case_of_its_own(
    merchant: UUID, ana: UUID, nps: int, opens: int
) -> None:
    async with db.transaction(merchant):
        path = await service.make("recommend", ana, None, NOW)
        survey, _ = await service.open_link(path.partition("token=")[2])
    await say(merchant, survey.id, nps=nps, text="Delivery took five weeks.")
    found = await rows(merchant, "SELECT customer_id, cause, review_id, open FROM cases")
    assert found == [(ana, "survey", None, True)] * opens
    clocks = await value(merchant, "SELECT count(*) FROM case_clocks WHERE satisfied_at IS NULL")
    assert bool(clocks) == bool(opens)
    await say(merchant, survey.id, text="Five and a half.")
    assert await value(merchant, "SELECT count(*) FROM cases") == opens
    assert await value(merchant, "SELECT count(*) FROM case_messages") == 2 * opens


async def test_a_link_for_the_shops_own_channel(merchant: UUID, ana: UUID) -> None:
    case, _ = await resolved(merchant, ana)
    ben = await customer(merchant, "c2")
    async with db.transaction(merchant):
        one = await service.make("resolution", ana, case, NOW)
        other = await service.make("resolution", ana, case, NOW)
        for kind, who, about in (
            ("resolution", ben, case),
            ("resolution", ana, None),
            ("recommend", ana, case),
        ):
            with pytest.raises(CaseUnfit):
                await service.make(kind, who, about, NOW)  # type: ignore[arg-type]
    assert one != other and await value(merchant, "SELECT count(*) FROM case_surveys") == 1
    assert await sweep(merchant) == 0  # they have a link already


async def test_answers_join_the_picture_of_the_customer(merchant: UUID, ana: UUID) -> None:
    await resolved(merchant, ana)
    await sweep(merchant)
    await say(merchant, await survey_of(merchant), csat=4, text="All good")
    async with db.transaction(merchant):
        (said,) = await service.of_customer(ana)
    assert [(each.question, each.score, each.body) for each in said.answers] == [
        ("csat", 4, ""), ("text", None, "All good"),
    ]  # fmt: skip


def test_nothing_is_given_for_an_answer() -> None:
    """No code of surveys can reach what gives: points, vouchers, remedies."""
    for file in Path(package.__file__).parent.glob("*.py"):
        known = imported(file.read_text(encoding="utf-8"))
        assert not [
            each for each in known if each.startswith("loyalty") or "remed" in each or "goodwill" in each
        ]
