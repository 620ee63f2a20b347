"""The chat box: what was asked and shown is kept, and goes along to the person who takes it up."""

from datetime import timedelta
from uuid import UUID

import pytest

from core import db
from core.ids import new_id
from core.people import customers
from reviews.cases.chat import rules, service
from reviews.cases.chat.rules import Line, Source, transcript
from reviews.cases.chat.service import ChatFull, NothingAsked
from reviews.cases.service import TextUnfit
from reviews.cases.unreviewed import CustomerGone
from reviews.knowledge.model import Answer
from tests.fixtures.reviews.shop import NOW, customer, open_case, rows, value

MESSAGES = "SELECT kind, channel, body FROM case_messages ORDER BY id"


def answer(title: str, sure: bool = False) -> Answer:
    return Answer(new_id(), title.lower(), 1, "en", title, f"About {title}.", 0.9, sure)


async def ask(
    merchant: UUID, buyer: UUID, question: str, *answers: Answer, after: timedelta = timedelta()
) -> None:
    async with db.transaction(merchant):
        await service.ask(buyer, question, answers, NOW + after)


async def test_what_was_asked_goes_along_to_a_person(merchant: UUID) -> None:
    buyer = await customer(merchant)
    await ask(merchant, buyer, "Where is\n my parcel?", answer("Parcels", sure=True), answer("Returns"))
    await ask(merchant, buyer, "Can I send it back?", *(answer(f"A{n}") for n in range(5)))
    async with db.transaction(merchant):
        kept = await service.lines(buyer, NOW)
        case = await service.person(buyer, "The box was open.", NOW)
        assert await service.lines(buyer, NOW) == [], "it goes on in the case"
    assert [(line.question, line.sure, len(line.articles)) for line in kept] == [
        ("Where is my parcel?", True, 1), ("Can I send it back?", False, rules.OFFERED),
    ]  # fmt: skip
    told = "Where is my parcel?\n→ Parcels\n\nCan I send it back?\n→ A0\n→ A1\n→ A2\n\nThe box was open."
    assert await rows(merchant, MESSAGES) == [("customer_message", "chat", told)]
    assert await rows(merchant, "SELECT id, cause, customer_id FROM cases") == [(case, "question", buyer)]
    clocks = await rows(merchant, "SELECT kind FROM case_clocks ORDER BY 1")
    assert clocks == [("next_reply",), ("resolution",)], "somebody owes an answer"


async def test_an_open_case_takes_it_in(merchant: UUID) -> None:
    buyer = await customer(merchant)
    case = await open_case(merchant, customer_id=buyer)
    async with db.transaction(merchant):
        assert await service.person(buyer, "And the cable?", NOW) == case
    assert await value(merchant, "SELECT count(*) FROM cases") == 1
    assert await rows(merchant, MESSAGES) == [("customer_message", "chat", "And the cable?")]


async def test_nothing_is_handed_over_without_words(merchant: UUID) -> None:
    buyer = await customer(merchant)
    for words, error in ((" \n", NothingAsked), ("x" * 4001, TextUnfit)):
        with pytest.raises(error):
            async with db.transaction(merchant):
                await service.person(buyer, words, NOW)
    for question in ("", " \0", "x" * 501):
        with pytest.raises(TextUnfit):
            await ask(merchant, buyer, question)
    assert await value(merchant, "SELECT count(*) FROM case_chats") == 0
    assert await value(merchant, "SELECT count(*) FROM cases") == 0


async def test_a_chat_has_an_end(merchant: UUID) -> None:
    buyer = await customer(merchant)
    for number in range(rules.LINES_LIMIT):
        await ask(merchant, buyer, f"Question {number}")
    with pytest.raises(ChatFull):
        await ask(merchant, buyer, "One more")
    await ask(merchant, buyer, "A day later", after=timedelta(hours=25))
    assert await value(merchant, "SELECT count(*) FROM case_chats") == 2


async def test_an_erased_customer_leaves_no_questions(merchant: UUID) -> None:
    buyer = await customer(merchant)
    await ask(merchant, buyer, "My number is 555", answer("Parcels"))
    async with db.transaction(merchant):
        await customers.erase(["c1"], NOW)
    assert await rows(merchant, "SELECT question, articles FROM case_chat_lines") == [("—", "[]")]
    with pytest.raises(CustomerGone):
        async with db.transaction(merchant):
            await service.person(buyer, "Hello", NOW)


def test_a_long_transcript_keeps_what_came_last() -> None:
    lines = [Line("q" * 400, (Source("a", 1, "t" * 190, ""),) * 3, False, NOW) for _ in range(30)]
    told = transcript(lines, "At the end.")
    assert len(told) <= 4000 and told.endswith("At the end.") and told.count("q" * 400) == 4
    assert transcript([], "  ") == ""
