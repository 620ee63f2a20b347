"""Customers' mails: into their case once, clocks moved, loops and strangers kept out, nothing lost."""

import asyncio
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest

from core import db
from core.errors import Forbidden
from core.mail import service as sent_mail
from core.mail.service import Mail as Sent
from core.mail.smtp import compose
from core.people import customers
from reviews.cases import conversation, service, unreviewed
from reviews.cases.contact import settings as contacts
from reviews.cases.contact.settings import Contact, ContactUnfit
from reviews.cases.conversation import NobodyToAnswer
from reviews.cases.inbound import pictures, rules
from reviews.cases.inbound import service as inbound
from reviews.cases.inbound.reading import read
from reviews.cases.inbound.service import MailDecided, Outcome, SenderUnknown
from reviews.cases.tasks import send_message
from reviews.cases.unreviewed import Asked
from tests.factories import photos
from tests.fixtures.reviews.shop import NOW, customer, employee, open_case, order, rows, value

ANA = "ana@mail.test"
HOUR = timedelta(hours=1)
MESSAGES = "SELECT kind, channel, body FROM case_messages ORDER BY id"


async def asked_by_mail(merchant: UUID) -> tuple[UUID, UUID, Sent]:
    """A case of ana's in which we have asked something; the mail that she got."""
    buyer = await customer(merchant, email="Ana@mail.test")
    case, boss = await open_case(merchant, customer_id=buyer), await employee(merchant, "owner")
    async with db.transaction(merchant):
        await contacts.change(Contact(reply_address="care@shop.test"), boss, NOW)
        queued = await conversation.message(case, "What is broken?", boss, 1, NOW)
    async with db.transaction(merchant):
        await send_message({"message": str(queued.message_id)}, NOW + timedelta(seconds=11))
        (sent,) = await sent_mail.newest(1)
    return case, buyer, sent


def answer(sent: Sent, text: str = "The switch.", key: str = "m1", **headers: str) -> bytes:
    """What ana's mail program sends when she answers."""
    theirs = compose(sent, "Shop <no-reply@shop.test>")
    message = EmailMessage()
    message["From"], message["To"] = ANA, theirs["Reply-To"]
    message["Message-ID"] = f"<{key}@mail.test>"
    message["In-Reply-To"] = theirs["Message-ID"]
    message["References"] = f"{theirs['References']} {theirs['Message-ID']}"
    for name, given in headers.items():
        del message[name.replace("_", "-")]
        message[name.replace("_", "-")] = given
    quoted = "\n".join(f"> {line}" for line in theirs.get_content().split("\n"))
    message.set_content(f"{text}\n\nOn Sun, 1 Mar 2026 at 12:00, Shop <care@shop.test> wrote:\n\n{quoted}")
    return message.as_bytes()


async def receive(merchant: UUID, raw: bytes, after: timedelta = HOUR) -> Outcome:
    mail = read(raw)
    kept = await pictures.made(mail)
    async with db.transaction(merchant):
        return await inbound.receive(mail, NOW + after, kept)


def with_files(raw: bytes) -> bytes:
    """The same mail with a picture, a spacer, something that claims to be a picture, and a document."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    for name, kind, content in (
        ("stain.jpg", "image", photos.image(300, 200, comment=b"at home")),
        ("logo.png", "image", photos.image(20, 20, "PNG")),
        ("bomb.png", "image", photos.bomb()),
        ("receipt.pdf", "application", b"%PDF-1.7"),
    ):
        message.add_attachment(content, maintype=kind, subtype=name[-3:], filename=name)
    return message.as_bytes()


async def test_an_answer_goes_into_its_case_and_moves_the_clocks(merchant: UUID) -> None:
    case, _, sent = await asked_by_mail(merchant)
    assert await value(merchant, "SELECT state FROM cases") == "waiting_for_customer"
    raw = answer(sent)
    assert await receive(merchant, raw) == Outcome("taken", None, again=False, case_id=case)
    assert (await rows(merchant, MESSAGES))[1:] == [("customer_message", "mail", "The switch.")]
    assert await rows(merchant, "SELECT state, answered_at FROM cases") == [("waiting_for_us", None)]
    owed = "SELECT satisfied_at FROM case_clocks WHERE kind = 'next_reply' ORDER BY round DESC LIMIT 1"
    assert await rows(merchant, owed) == [(None,)]
    again = await receive(merchant, raw, 2 * HOUR)
    assert (again.state, again.again) == ("taken", True)
    assert len(await rows(merchant, MESSAGES)) == 2
    assert "> ##-" in await value(merchant, "SELECT body FROM case_inbound_mails")


@pytest.mark.parametrize("missing", ["To", "References", "both but In-Reply-To"])
async def test_one_way_to_the_case_is_enough(merchant: UUID, missing: str) -> None:
    case, _, sent = await asked_by_mail(merchant)
    changed: dict[str, dict[str, str]] = {
        "To": {"To": "no-reply@shop.test"},
        "References": {"References": "<x@y.test>", "In-Reply-To": "<x@y.test>"},
        "both but In-Reply-To": {"To": "no-reply@shop.test", "References": "<x@y.test>"},
    }
    assert (await receive(merchant, answer(sent, **changed[missing]))).case_id == case
    assert len(await rows(merchant, MESSAGES)) == 2


async def test_the_same_mail_twice_at_once(merchant: UUID) -> None:
    _, _, sent = await asked_by_mail(merchant)
    raw = answer(sent)
    outcomes = await asyncio.gather(*(receive(merchant, raw) for _ in range(3)))
    assert sorted(each.again for each in outcomes) == [False, True, True]
    assert len(await rows(merchant, MESSAGES)) == 2


async def test_a_mail_reopens_what_was_done(merchant: UUID) -> None:
    case, _, sent = await asked_by_mail(merchant)
    agent = await employee(merchant)
    async with db.transaction(merchant):
        version = await db.fetchval("SELECT version FROM cases")
        await service.resolve(case, agent, version, NOW + timedelta(minutes=1))
    await receive(merchant, answer(sent, "Broken again."))
    assert await rows(merchant, "SELECT state, cycle FROM cases") == [("reopened", 2)]


async def test_a_mail_loop_comes_to_rest(merchant: UUID) -> None:
    """What a machine answers, and our own mail come back, move nothing; of a flood an hour's share does."""
    case, _, sent = await asked_by_mail(merchant)
    before = await rows(merchant, "SELECT state, version, updated_at FROM cases")
    own = compose(sent, "Shop <no-reply@shop.test>").as_bytes()
    machines: list[tuple[bytes, str]] = [
        (own, "own_mail"),
        (answer(sent, key="a", Auto_Submitted="auto-replied"), "auto_submitted"),
        (answer(sent, key="b", Precedence="bulk"), "bulk"),
        (answer(sent, key="c", List_Id="<x.test>"), "mailing_list"),
    ]
    for raw, reason in machines:
        outcome = await receive(merchant, raw)
        assert (outcome.state, outcome.reason) == ("refused", reason)
    assert await rows(merchant, "SELECT state, version, updated_at FROM cases") == before
    assert len(await rows(merchant, MESSAGES)) == 1
    for number in range(rules.HOUR_LIMIT + 3):
        await receive(merchant, answer(sent, f"again {number}", key=f"n{number}"))
    assert len(await rows(merchant, MESSAGES)) == 1 + rules.HOUR_LIMIT
    parked = "SELECT count(*) FROM case_inbound_mails WHERE state = 'parked' AND reason = 'too_many'"
    assert await value(merchant, parked) == 3
    assert (await receive(merchant, answer(sent, key="later"), 3 * HOUR)).state == "taken"
    assert await value(merchant, "SELECT count(*) FROM mails") == 1, "no mail was answered by a mail"
    assert case


async def test_a_bounce_is_said_in_the_case(merchant: UUID) -> None:
    _, _, sent = await asked_by_mail(merchant)
    raw = answer(sent, From="MAILER-DAEMON@mx.test", Return_Path="<>")
    assert (await receive(merchant, raw)).reason == "bounce"
    assert await value(merchant, "SELECT count(*) FROM case_events WHERE kind = 'mail_bounced'") == 1
    assert await value(merchant, "SELECT state FROM cases") == "waiting_for_customer"


async def test_strangers_wait_for_a_person(merchant: UUID) -> None:
    case, buyer, sent = await asked_by_mail(merchant)
    agent, auditor = await employee(merchant), await employee(merchant, "auditor")
    other = await receive(merchant, answer(sent, From="eve@mail.test"))
    assert (other.state, other.reason) == ("parked", "other_sender")
    nobody = await receive(
        merchant, b"From: ana@mail.test\nMessage-ID: <n@x>\nSubject: Hello\n\nWhere is my lamp?"
    )
    assert (nobody.state, nobody.reason) == ("parked", "no_case")
    assert len(await rows(merchant, MESSAGES)) == 1
    async with db.transaction(merchant):
        assert await inbound.parked() == 2
        newest, oldest = await inbound.listed("parked")
        number = await db.fetchval("SELECT number FROM cases WHERE id = $1", case)
    with pytest.raises(Forbidden):
        async with db.transaction(merchant):
            await inbound.put(oldest.id, number, auditor, NOW)
    assert len(await rows(merchant, MESSAGES)) == 1
    async with db.transaction(merchant):
        assert await inbound.put(newest.id, None, agent, NOW) == case, "the sender's open case"
        await inbound.dismiss(oldest.id, agent, NOW)
    assert [body for *_, body in (await rows(merchant, MESSAGES))[1:]] == ["Where is my lamp?"]
    for deed in (inbound.put(newest.id, number, agent, NOW), inbound.dismiss(newest.id, agent, NOW)):
        with pytest.raises(MailDecided):
            async with db.transaction(merchant):
                await deed
    assert buyer


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("mx.shop.test; spf=pass smtp.mailfrom=mail.test; dkim=pass; dmarc=pass", "taken"),
        ("mx.shop.test; spf=fail (not permitted) smtp.mailfrom=mail.test; dkim=pass", "taken"),
        ("mx.shop.test; dkim=none; dmarc=fail (p=reject) header.from=mail.test", "parked"),
        ("mx.shop.test; spf=fail smtp.mailfrom=mail.test; dkim=none", "parked"),
    ],
)
async def test_a_forged_sender_waits_for_a_person_though_the_answer_names_the_case(
    merchant: UUID, said: str, state: str
) -> None:
    _, _, sent = await asked_by_mail(merchant)
    outcome = await receive(merchant, answer(sent, Authentication_Results=said))
    assert (outcome.state, outcome.reason) == (state, None if state == "taken" else "forged")
    assert len(await rows(merchant, MESSAGES)) == (2 if state == "taken" else 1)


async def test_who_only_writes_a_customers_address_does_nothing_in_their_name(merchant: UUID) -> None:
    case, _, sent = await asked_by_mail(merchant)
    before = await rows(merchant, "SELECT state, version, answered_at FROM cases")
    plain = f"From: {ANA}\nTo: care@shop.test\nSubject: Re: your case\n\nPlease close it.\n"
    guessed = answer(sent, key="m2", To=f"care+{case.hex}@shop.test", In_Reply_To="<x@y.test>", References="")
    for raw in (plain.encode(), guessed):
        outcome = await receive(merchant, raw)
        assert (outcome.state, outcome.reason) == ("parked", "no_case")
    assert len(await rows(merchant, MESSAGES)) == 1
    assert await rows(merchant, "SELECT state, version, answered_at FROM cases") == before


async def test_what_is_told_twice_at_once_joins_once(merchant: UUID) -> None:
    await customer(merchant)

    async def tell() -> bool:
        async with db.transaction(merchant):
            return await inbound.hear("e1", "c1", "Where is it?", None, NOW)

    assert sorted(await asyncio.gather(tell(), tell())) == [False, True]
    assert await value(merchant, "SELECT count(*) FROM case_events WHERE kind = 'matter_joined'") == 0
    assert await value(merchant, "SELECT count(*) FROM case_messages") == 1


async def test_pictures_are_kept_with_their_message_and_nothing_else_of_the_files(merchant: UUID) -> None:
    case, _, sent = await asked_by_mail(merchant)
    assert (await receive(merchant, with_files(answer(sent)))).state == "taken"
    ((message, width, image),) = await rows(
        merchant, "SELECT message_id, width, image FROM case_pictures WHERE case_id = $1", case
    )
    assert width == 300 and b"at home" not in image
    said = "SELECT id, attachments FROM case_messages WHERE kind = 'customer_message'"
    assert await rows(merchant, said) == [(message, ["logo.png", "bomb.png", "receipt.pdf"])]
    strangers = with_files(answer(sent, key="m2", From="eve@mail.test"))
    assert (await receive(merchant, strangers)).state == "parked"
    assert await value(merchant, "SELECT count(*) FROM case_pictures") == 1
    assert (await receive(merchant, with_files(answer(sent)))).again
    assert await value(merchant, "SELECT count(*) FROM case_pictures") == 1


async def test_a_mail_of_nobody_opens_no_case(merchant: UUID) -> None:
    agent = await employee(merchant)
    await receive(merchant, b"From: who@mail.test\nMessage-ID: <n@x>\n\nHello")
    async with db.transaction(merchant):
        [mail] = await inbound.listed("parked")
    with pytest.raises(SenderUnknown):
        async with db.transaction(merchant):
            await inbound.put(mail.id, None, agent, NOW)
    await customer(merchant, email="who@mail.test")
    async with db.transaction(merchant):
        case = await inbound.put(mail.id, None, agent, NOW)
    assert await rows(merchant, "SELECT id, cause, state FROM cases") == [(case, "mail", "assigned")]
    clocks = await rows(merchant, "SELECT kind FROM case_clocks ORDER BY 1")
    assert clocks == [("next_reply",), ("resolution",)]


async def test_a_case_of_an_erased_customer(merchant: UUID) -> None:
    """Words and addresses go, nobody can write to them or in their name, and no clock waits for it."""
    case, buyer, sent = await asked_by_mail(merchant)
    agent = await employee(merchant)
    await receive(merchant, answer(sent, "My number is 555."))
    await receive(merchant, answer(sent, "Mine too.", key="m2", From="eve@mail.test"))
    async with db.transaction(merchant):
        await customers.erase(["c1"], NOW + 2 * HOUR)
    left: list[Any] = [body for *_, body in await rows(merchant, MESSAGES)]
    assert left == ["—", "—"]
    mails = "SELECT DISTINCT from_address || from_name || subject || body FROM case_inbound_mails"
    assert await rows(merchant, mails) == [("",)]
    running = "SELECT kind FROM case_clocks WHERE satisfied_at IS NULL AND stopped_at IS NULL ORDER BY 1"
    assert await rows(merchant, running) == [("first_reply",), ("resolution",)]
    version = await value(merchant, "SELECT version FROM cases")
    with pytest.raises(NobodyToAnswer):
        async with db.transaction(merchant):
            await conversation.message(case, "Hello?", agent, version, NOW)
    late = await receive(merchant, answer(sent, "Still me.", key="m3"), 3 * HOUR)
    assert (late.state, late.reason) == ("parked", "other_sender")
    assert len(await rows(merchant, MESSAGES)) == 2
    with pytest.raises(unreviewed.CustomerGone):
        async with db.transaction(merchant):
            await unreviewed.begin([Asked(buyer, "question")], NOW)


async def test_addresses_that_cannot_be_answered_to(merchant: UUID) -> None:
    boss, agent = await employee(merchant, "owner"), await employee(merchant)
    for unfit in ("care", "a+b@shop.test", "care@shop", "x@y.test\nBcc: z@y.test"):
        with pytest.raises(ContactUnfit):
            async with db.transaction(merchant):
                await contacts.change(Contact(reply_address=unfit), boss, NOW)
    with pytest.raises(Forbidden):
        async with db.transaction(merchant):
            await contacts.change(Contact(reply_address="care@shop.test"), agent, NOW)
    assert await value(merchant, "SELECT count(*) FROM case_contact") == 0


async def test_matters_without_a_review_open_one_case_a_person(merchant: UUID) -> None:
    ana, ben = await customer(merchant), await customer(merchant, "c2")
    bought = await order(merchant, ben, "o1", "lamp", NOW)
    async with db.transaction(merchant):
        begun = await unreviewed.begin(
            [Asked(ana, "question"), Asked(ben, "late_promise", bought), Asked(ana, "mail")], NOW
        )
    assert [each.joined for each in begun] == [False, False, True]
    assert begun[0].case_id == begun[2].case_id
    found = "SELECT customer_id, cause, order_id, number FROM cases ORDER BY number"
    assert await rows(merchant, found) == [(ana, "question", None, 1), (ben, "late_promise", bought, 2)]
    later = await open_case(merchant, customer_id=ana) is None
    assert later, "her review joins the case that is open"
    assert await value(merchant, "SELECT count(*) FROM case_reviews") == 1
    owed = "SELECT count(*) FROM case_clocks WHERE kind = 'next_reply' AND satisfied_at IS NULL"
    assert await value(merchant, owed) == 1, "and somebody owes an answer"
