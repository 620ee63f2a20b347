"""A reply is sent when its source has said so, once, and what goes wrong on the way can be seen."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from core import clock, db
from core.errors import Forbidden
from core.ids import new_id
from core.people import staff
from core.people.roles import Role
from reviews.accounts import replies, service
from reviews.cases import conversation, delivery, opening, reading
from reviews.cases.opening import Flagged
from reviews.cases.service import TextUnfit
from reviews.scoring.rules import Flag
from tests.contract.conftest import Joined, fake_of, in_background, join, waiting, work_off, write
from tests.contract.fakes.google import FakeGoogle
from tests.contract.fakes.server import Fake, Trouble, answers, cut, html, slow
from tests.contract.fakes.trustpilot import FakeTrustpilot
from tests.contract.fakes.woocommerce import FakeWooCommerce

WORDS = "We are sorry — a new one is on its way. “Ada” & team"


class Answered:
    """A case about review 1 of the source, and a reply to it whose ten seconds are over."""

    def __init__(self, joined: Joined, case: UUID, agent: UUID, message: UUID) -> None:
        self.joined, self.case, self.agent, self.message = joined, case, agent, message

    @property
    def fake(self) -> Fake:
        return self.joined.fake

    async def state(self) -> tuple[str, str | None, int]:
        [row] = await self.joined.rows(
            "SELECT state, failure, attempts FROM case_messages WHERE id = $1", self.message
        )
        return row["state"], row["failure"], row["attempts"]

    async def deliver(self) -> None:
        """Until nothing waits; pauses are not waited for."""
        await work_off(self.joined.merchant, delivery.DUE)
        await work_off(self.joined.merchant, delivery.POST)

    async def public(self) -> str:
        [row] = await self.joined.rows("SELECT reply FROM reviews WHERE external_id = '1'")
        return str(row[0])

    async def clock_met(self) -> bool:
        found = await self.joined.rows(
            "SELECT 1 FROM case_clocks WHERE kind = 'first_reply' AND satisfied_at IS NOT NULL"
        )
        return bool(found)


async def hire(merchant: UUID, role: Role = "agent") -> UUID:
    async with db.transaction(merchant):
        return await staff.create(f"{new_id()}@x.test", "Mina", role, "a good long password", clock.now())


async def answered(joined: Joined, text: str = WORDS) -> Answered:
    joined.fake.add("1", 1, "Broke at once", clock.now() - timedelta(days=2))
    await joined.read()
    agent = await hire(joined.merchant)
    async with db.transaction(joined.merchant):
        review = await db.fetchval("SELECT id FROM reviews WHERE external_id = '1'")
        case = await open_case(review)
        queued = await conversation.reply(case, text, agent, 1, clock.now() - timedelta(seconds=11))
    return Answered(joined, case, agent, queued.message_id)


async def open_case(review: UUID) -> UUID:
    """In the open transaction."""
    flag = Flag("rating", {"rating": "1"})
    # Before the reply, which is written ten seconds before now.
    at = clock.now() - timedelta(seconds=20)
    [case] = await opening.judge([Flagged(review, 1, Decimal(1), 0.9, [flag])], at)
    return case


async def test_sent_only_once_the_source_has_said_so(joined: Joined) -> None:
    reply = await answered(joined)
    reply.fake.trouble(slow(reply.fake), on="reply")
    await work_off(joined.merchant, delivery.DUE)
    assert (await reply.state())[0] == "sending"
    posting = await in_background(joined.merchant, delivery.POST)
    assert await asyncio.to_thread(reply.fake.reached.wait, 20)
    assert reply.fake.replies("1") == [WORDS]  # it stands at the source, which has not answered yet
    assert await reply.state() == ("sending", None, 0)
    assert (await reply.public(), await reply.clock_met()) == ("", False)
    reply.fake.released.set()
    assert await posting == 1
    assert await reply.state() == ("sent", None, 0)
    assert (await reply.public(), await reply.clock_met()) == (WORDS, True)
    assert reply.fake.replies("1") == [WORDS]


async def test_an_answer_that_is_cut_off_leaves_one_reply(joined: Joined) -> None:
    reply = await answered(joined)
    reply.fake.trouble(cut(), cut(), cut(), on="reply")
    await reply.deliver()
    if joined.source != "trustpilot":  # whose answer is empty: nothing of it can be cut
        assert await reply.state() == ("sending", "source_away", 1)
        reply.fake.troubles.clear()
        await reply.deliver()
    assert (await reply.state())[0] == "sent"
    assert reply.fake.replies("1") == [WORDS]


@pytest.mark.parametrize("trouble", [html(502), answers(500), html(200)], ids=["502", "500", "html"])
async def test_trouble_is_tried_again_and_seen(joined: Joined, trouble: Trouble) -> None:
    reply = await answered(joined)
    reply.fake.trouble(*[trouble] * 3, on="reply")
    await reply.deliver()
    assert await reply.state() == ("sending", "source_away", 1)
    async with db.transaction(joined.merchant):
        (seen,) = (await reading.on_its_way(reply.case)).undelivered
    assert (seen.state, seen.failure, seen.attempts, seen.body) == ("sending", "source_away", 1, WORDS)
    reply.fake.troubles.clear()
    await reply.deliver()
    assert (await reply.state())[0] == "sent"
    assert reply.fake.replies("1") == [WORDS]


async def test_a_worker_that_died_before_it_could_tell_leaves_one_reply(joined: Joined) -> None:
    reply = await answered(joined)
    await work_off(joined.merchant, delivery.DUE)
    [item] = await waiting(joined.merchant, delivery.POST)
    async with db.transaction(joined.merchant):  # it posted, and its transaction was lost
        row = await db.fetchrow("SELECT review_id FROM cases WHERE id = $1", reply.case)
        assert row is not None
        await replies.post(row["review_id"], WORDS)
    assert await waiting(joined.merchant, delivery.POST) == [item]
    await reply.deliver()
    assert (await reply.state())[0] == "sent"
    assert reply.fake.replies("1") == [WORDS]


async def test_after_eight_attempts_it_has_failed_and_a_person_may_send_it_again(joined: Joined) -> None:
    reply = await answered(joined)
    reply.fake.trouble(*[answers(503)] * 6, on="reply")
    await reply.deliver()
    assert await reply.state() == ("sending", "source_away", 1)
    await joined.rows("UPDATE case_messages SET attempts = 7")
    await reply.deliver()
    assert await reply.state() == ("failed", "source_away", 8)
    assert await waiting(joined.merchant, delivery.POST) == []
    assert await reply.public() == ""
    reply.fake.troubles.clear()

    with pytest.raises(Forbidden):
        await retry(reply, await hire(joined.merchant, "auditor"))
    assert (await reply.state())[0] == "failed"
    await retry(reply, reply.agent)
    with pytest.raises(delivery.NothingToRetry):
        await retry(reply, reply.agent)
    await reply.deliver()
    assert (await reply.state())[0] == "sent"
    assert reply.fake.replies("1") == [WORDS]
    with pytest.raises(delivery.NothingToRetry):
        await retry(reply, reply.agent)


async def retry(reply: Answered, by: UUID) -> None:
    async with db.transaction(reply.joined.merchant):
        await delivery.retry(reply.case, reply.message, by, clock.now())


async def test_a_review_that_is_gone_cannot_be_answered(joined: Joined) -> None:
    reply = await answered(joined)
    reply.fake.delete("1")
    await reply.deliver()
    assert await reply.state() == ("failed", "source_review_gone", 1)


async def test_refused_credentials_are_no_matter_of_patience(joined: Joined) -> None:
    reply = await answered(joined)
    reply.fake.trouble(*[answers(401)] * 4)
    await reply.deliver()
    assert await reply.state() == ("failed", "source_credentials_refused", 1)


async def test_a_disconnected_account_is_said(joined: Joined) -> None:
    reply = await answered(joined)
    async with db.transaction(joined.merchant):
        await service.disconnect(joined.id)
    await reply.deliver()
    assert await reply.state() == ("failed", "source_not_connected", 0)


async def test_google_counts_bytes_and_may_reject_what_it_took(merchant: UUID) -> None:
    with fake_of(FakeGoogle) as fake:
        assert isinstance(fake, FakeGoogle)
        joined = await join(merchant, fake)
        with pytest.raises(TextUnfit, match="4096 bytes"):
            await answered(joined, "歉" * 1366)
        fake.rejects_replies = True
        agent = await hire(merchant, "owner")
        async with db.transaction(merchant):
            case = await open_case(await db.fetchval("SELECT id FROM reviews"))
            queued = await conversation.reply(
                case, "歉" * 1365, agent, 1, clock.now() - timedelta(seconds=11)
            )
        reply = Answered(joined, case, agent, queued.message_id)
        await reply.deliver()
        assert await reply.state() == ("failed", "source_refused", 1)
        assert fake.replies("1") == []


async def test_trustpilot_is_told_who_writes_where_no_user_signed_in(merchant: UUID) -> None:
    with fake_of(FakeTrustpilot) as fake:
        assert isinstance(fake, FakeTrustpilot)
        fake.as_user = False
        reply = await answered(await join(merchant, fake))
        await reply.deliver()
        assert (await reply.state())[0] == "sent"
        [posted] = [each for each in fake.asked if fake.is_reply(each)]
        assert posted.json == {"message": WORDS, "authorBusinessUserId": fake.fields["business_user"]}


async def test_woocommerce_without_a_wordpress_user_says_what_is_missing(merchant: UUID) -> None:
    with fake_of(FakeWooCommerce) as fake:
        async with db.transaction(merchant):
            given = {name: fake.fields[name] for name in ("url", "consumer_key", "consumer_secret")}
            account_id = await service.connect("woocommerce", "Shop", given, clock.now())
        reply = await answered(Joined(merchant, fake, account_id))
        await reply.deliver()
        assert await reply.state() == ("failed", "source_credentials_refused", 1)


async def test_what_was_typed_is_no_html_in_the_shop(merchant: UUID) -> None:
    with fake_of(FakeWooCommerce) as fake:
        assert isinstance(fake, FakeWooCommerce)
        typed = 'A <script>alert(1)</script> & "more" < less'
        reply = await answered(await join(merchant, fake), typed)
        fake.trouble(cut(), on="reply")
        await reply.deliver()
        await reply.deliver()
        assert (await reply.state())[0] == "sent"
        assert fake.replies("1") == [typed]
        [comment] = fake.comments
        assert "<script" not in comment["content"]["rendered"]


async def test_wordpress_knows_the_very_same_comment(merchant: UUID) -> None:
    """It was posted between our look and our post: 409, and it stands there."""
    with fake_of(FakeWooCommerce) as fake:
        reply = await answered(await join(merchant, fake))
        fake.trouble(answers(409, {"code": "comment_duplicate"}), on="reply")
        await reply.deliver()
        assert (await reply.state())[0] == "sent"


async def test_replies_of_elsewhere_come_with_the_reviews(merchant: UUID) -> None:
    with fake_of(FakeTrustpilot) as fake:
        joined = await join(merchant, fake)
        write(fake, 1)
        fake.reviews["1"]["companyReply"] = {"text": "Thanks!", "createdAt": "2026-01-02T03:04:05"}
        await joined.read()
        [row] = await joined.rows("SELECT reply, replied_at FROM reviews")
        assert (row[0], row[1].isoformat()) == ("Thanks!", "2026-01-02T03:04:05+00:00")
