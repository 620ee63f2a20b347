"""A customer who has left something of themselves wherever there is a place for it."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from core import db
from core.ids import new_id
from core.mail import service as mail
from core.notifications import consent
from core.people import sessions
from core.webhooks import catalogue, endpoints
from core.webhooks import service as webhooks
from core.webhooks.endpoints import Wanted
from core.webhooks.model import Told
from loyalty.adjustments import service as adjustments
from loyalty.intake.events import Event
from loyalty.intake.service import ingest
from loyalty.tiers import overrides
from loyalty.tiers.overrides import By
from reviews.cases import service as cases
from reviews.cases import tags, unreviewed
from reviews.cases.chat import service as chats
from reviews.cases.unreviewed import Asked
from reviews.fraud import service as fraud
from reviews.knowledge.model import Answer
from reviews.moderation import service as moderation
from reviews.photos import service as photos
from tests.factories.photos import image
from tests.fixtures.reviews.shop import DAY, NOW, employee, reading, review, score, take_in

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Left:
    """Somebody: our ids, the shop's number, and the word that stands in everything of theirs."""

    id: UUID
    number: str
    mark: str
    member: UUID
    case: UUID
    question: UUID
    """A case that no review opened."""


async def shop(merchant: UUID) -> UUID:
    """A programme, a store, a survey's settings; answers one of the staff."""
    from tests.factories.shop import programme, store

    async with db.transaction(merchant):
        await programme()
        await store("main")
    return await employee(merchant, "owner")


async def somebody(merchant: UUID, number: str, mark: str, staff: UUID) -> Left:
    """Who has been a member for a while, has written, complained, chatted and answered."""
    await _told(merchant, number, mark)
    async with db.transaction(merchant):
        customer = await db.fetchval("SELECT id FROM customers WHERE external_id = $1", number)
        member = await db.fetchval("SELECT id FROM members WHERE customer_id = $1", customer)
        await _member(member, mark, staff)
        await _messages(customer, mark)
    case = await _reviewed(merchant, customer, number, mark, staff)
    async with db.transaction(merchant):
        await _chatted(customer, mark)
        await _surveyed(customer, case, mark)
        # Whatever they write joins an open case: theirs was resolved.
        version = await db.fetchval("SELECT version FROM cases WHERE id = $1", case)
        await cases.resolve(case, staff, version, NOW + HOUR, f"{mark} agreed")
        (begun,) = await unreviewed.begin([Asked(customer, "question")], NOW + 2 * HOUR)
        await _words(begun.case_id, mark, staff)
        await _hooked(customer, mark)
    return Left(customer, number, mark, member, case, begun.case_id)


async def _hooked(customer: UUID, mark: str) -> None:
    """The shop's own system was told of them."""
    at = await endpoints.add(Wanted("https://shop.example/hooks"), NOW)
    told = Told(catalogue.WebhookTest(message=mark), NOW, customer)
    await webhooks.publish(catalogue.TEST, [told], NOW)
    await endpoints.drop(at.id, NOW)


async def _told(merchant: UUID, number: str, mark: str) -> None:
    lines = [{"line_id": "1", "sku": "lamp", "name": "Lamp", "amount_minor": 5000}]
    order = {"order_id": f"o-{number}", "store_id": "main", "customer_id": number, "currency": "USD"}
    told: tuple[tuple[str, dict[str, Any]], ...] = (
        (
            "customer.created",
            {"name": mark, "email": f"{mark}@mail.test", "birthday": "02-29", "accepts_terms": True},
        ),
        ("order.paid", order | {"amount_minor": 5000, "lines": lines}),
        ("order.delivered", {"order_id": f"o-{number}"}),
        ("custom.called", {"remark": mark}),
        ("shipment.created", {"order_id": f"o-{number}", "tracking": f"T{mark}", "carrier": "post"}),
    )
    events = [
        Event(
            id=f"{number}-{n}",
            source="shop",
            type=kind,
            time=NOW - 30 * DAY + n * HOUR,
            data={"customer_id": number} | data if kind != "order.delivered" else data,
        )
        for n, (kind, data) in enumerate(told)
    ]
    async with db.transaction(merchant):
        results = await ingest(events, NOW - 20 * DAY)
        assert {each.status for each in results} <= {"applied", "recorded"}, results
        await db.execute(
            "INSERT INTO case_parcels (merchant_id, order_word, tracking, carrier, moved_at)"
            " VALUES (current_merchant(), $1, $2, 'post', $3)",
            f"o-{number}",
            f"T{mark}",
            NOW,
        )


async def _member(member: UUID, mark: str, staff: UUID) -> None:
    await adjustments.ask(
        adjustments.Asked(member_id=member, points=10, cause="courtesy", note=f"{mark} called"), staff, NOW
    )
    await overrides.put(member, "main", "t1", NOW + DAY, f"{mark} asked", By(staff_id=staff), NOW)
    await db.execute(
        "INSERT INTO member_tags (merchant_id, member_id, origin, tag, tagged_at)"
        " VALUES (current_merchant(), $1, 'shop', $2, $3)",
        member,
        mark,
        NOW,
    )
    await db.execute(
        "INSERT INTO earning_events (merchant_id, key, trigger, name, member_id, occurred_at,"
        " counted_at, tier_code,"
        " multiplier_percent, segments, data) VALUES (current_merchant(), $1, 'event', 'custom.called',"
        " $2, $3, $3,"
        " 't0', 100, '{}', $4)",
        f"called:{member}",
        member,
        NOW,
        db.to_json({"remark": mark}),
    )


async def _messages(customer: UUID, mark: str) -> None:
    await sessions.start(NOW, customer_id=customer)
    await consent.say(customer, {("points", "mail"): False}, "portal", NOW)
    await consent.add_link(customer, "points", "mail", NOW)
    mail_id = await mail.send(
        "points", f"{mark}@mail.test", "en", f"To {mark}", f"Dear {mark}", NOW, f"<p>{mark}</p>", {}, customer
    )
    await db.execute(
        "INSERT INTO notifications (merchant_id, customer_id, kind, about, channel, key, fingerprint,"
        " zone, told, state,"
        " mail_id, created_at) VALUES (current_merchant(), $1, 'points', 'points', 'mail', $2, '',"
        " 'UTC', $3, 'queued',"
        " $4, $5)",
        customer,
        f"n:{customer}",
        db.to_json({"word": mark}),
        mail_id,
        NOW,
    )
    await db.execute(
        "INSERT INTO login_links (token_hash, merchant_id, customer_id, created_at, expires_at)"
        " VALUES ($1, current_merchant(), $2, $3, $3)",
        customer.bytes,
        customer,
        NOW,
    )
    await db.execute(
        "INSERT INTO review_insiders (id, merchant_id, customer_id, note, added_by, added_at)"
        " SELECT $1, current_merchant(), $2, $3, (SELECT id FROM staff LIMIT 1), $4",
        new_id(),
        customer,
        f"{mark} is a cousin",
        NOW,
    )


async def _reviewed(merchant: UUID, customer: UUID, number: str, mark: str, staff: UUID) -> UUID:
    """A bad review with a picture, and its case, in which both sides have written."""
    (received,) = await take_in(
        merchant,
        review(
            f"r-{number}",
            rating=Decimal(1),
            title=f"{mark} is angry",
            body=f"It broke. Call {mark}.",
            author=mark,
            customer_id=customer,
        ),
    )
    await score(merchant, received, reading(0.9))
    async with db.transaction(merchant):
        pictures = await photos.decode([image()])
        await photos.put(received.review_id, 1, [], pictures, NOW)
        await fraud.leave(received.review_id, {"device": customer.bytes}, NOW)
        await _derived(received.review_id, mark)
        await moderation.judge([received.review_id], NOW)
        case: UUID = await db.fetchval("SELECT id FROM cases WHERE review_id = $1", received.review_id)
        await _words(case, mark, staff)
    return case


async def _derived(review_id: UUID, mark: str) -> None:
    """What is made of the words."""
    await db.execute(
        "INSERT INTO review_evidence (merchant_id, review_id, version, model, sentiment, probability,"
        " words, remaining,"
        " aspects, explained_at) VALUES (current_merchant(), $1, 1, 'test-1', 'negative', 0.9,"
        " ARRAY[$2::text], 0.1,"
        " jsonb_build_object('quality', $2::text), $3) ON CONFLICT DO NOTHING",
        review_id,
        mark,
        NOW,
    )
    await db.execute(
        "INSERT INTO review_words (review_id, merchant_id, version, written_at, words)"
        " VALUES ($1, current_merchant(), 1, $2, to_tsvector('simple', $3)) ON CONFLICT DO NOTHING",
        review_id,
        NOW,
        mark,
    )
    await db.execute(
        "INSERT INTO review_embeddings (merchant_id, review_id, version, model, embedding)"
        " VALUES (current_merchant(), $1, 1, 'test-1', ('[' || repeat('0,', 383) || '1]')::text::vector)"
        " ON CONFLICT DO NOTHING",
        review_id,
    )
    await db.execute(
        "INSERT INTO review_translations (merchant_id, review_id, version, language, model, asked_by,"
        " asked_at, state, body, ended_at)"
        " VALUES (current_merchant(), $1, 1, 'en', 'm', (SELECT id FROM staff LIMIT 1), $2, 'ready', $3, $2)",
        review_id,
        NOW,
        f"Again: {mark}",
    )


async def _words(case: UUID, mark: str, staff: UUID) -> None:
    """Words of both sides in a case."""
    await cases.note(case, f"{mark} is upset", staff, NOW)
    await tags.add(case, f"friend of {mark}", staff, NOW)
    locked = await cases.lock(case)
    message = await cases.add_message(
        locked, "customer_message", f"I am {mark}", None, NOW, attachments=[f"{mark}.jpg"]
    )
    await db.execute(
        "INSERT INTO case_inbound_mails (id, merchant_id, mail_key, received_at, from_address,"
        " from_name, subject,"
        " body, attachments, state, case_id, message_id) VALUES ($1, current_merchant(), $2, $3, $4, $5,"
        " $5, $5,"
        " ARRAY[$5::text], 'taken', $6, $7)",
        new_id(),
        f"key-{case}",
        NOW,
        f"{mark}@mail.test",
        mark,
        case,
        message,
    )
    await db.execute(
        "INSERT INTO case_pictures (merchant_id, case_id, message_id, width, height, image, small, added_at)"
        " VALUES (current_merchant(), $1, $2, 1, 1, $4, $4, $3)",
        case,
        message,
        NOW,
        b"\xff\xd8",
    )
    await db.execute(
        "INSERT INTO case_remedies (id, merchant_id, case_id, cycle, staff_id, key, kind, amount_minor,"
        " currency,"
        " message, given_at) VALUES ($1, current_merchant(), $2, 1, $3, $4, 'refund', 100, 'USD', $5, $6)",
        new_id(),
        case,
        staff,
        f"gift-{case}",
        f"Sorry, {mark}",
        NOW,
    )
    await db.execute(
        "INSERT INTO case_drafts (merchant_id, case_id, cycle, asked_by, asked_at, state, model, body,"
        " sources, ended_at)"
        " VALUES (current_merchant(), $1, 1, $2, $3, 'ready', 'm', $4, '[{}]', $3)",
        case,
        staff,
        NOW,
        f"Dear {mark}",
    )
    await db.execute(
        "INSERT INTO case_remedy_requests (id, merchant_id, case_id, key, remedy, asked_by, asked_at)"
        " VALUES ($1, current_merchant(), $2, $3, jsonb_build_object('kind', 'points', 'message',"
        " $4::text), $5, $6)",
        new_id(),
        case,
        f"ask-{case}",
        f"For {mark}",
        staff,
        NOW,
    )


async def _chatted(customer: UUID, mark: str) -> None:
    shown = Answer(new_id(), "parcels", 1, "en", "Parcels", f"About {mark}.", 0.9, True)
    await chats.ask(customer, f"Where is the parcel of {mark}?", [shown], NOW)
    article = new_id()
    await db.execute(
        "INSERT INTO knowledge_articles (id, merchant_id, code, created_at) VALUES ($1,"
        " current_merchant(), $2, $3)",
        article,
        f"a-{article.hex[-12:]}",
        NOW,
    )
    await db.execute(
        "INSERT INTO knowledge_versions (merchant_id, article_id, number, texts, written_at)"
        " VALUES (current_merchant(), $1, 1, '{\"en\": {}}', $2)",
        article,
        NOW,
    )
    await db.execute(
        "INSERT INTO knowledge_votes (merchant_id, article_id, number, customer_id, helpful, at)"
        " VALUES (current_merchant(), $1, 1, $2, true, $3)",
        article,
        customer,
        NOW,
    )


async def _surveyed(customer: UUID, case: UUID, mark: str) -> None:
    survey = new_id()
    await db.execute(
        "INSERT INTO case_surveys (id, merchant_id, kind, customer_id, case_id, cycle, questions, state,"
        " made_at,"
        " sent_at, expires_at) VALUES ($1, current_merchant(), 'resolution', $2, $3, 7, '{csat,text}',"
        " 'sent', $4, $4, $5)",
        survey,
        customer,
        case,
        NOW,
        NOW + DAY,
    )
    await db.execute(
        "INSERT INTO case_survey_answers (id, merchant_id, survey_id, question, body, answered_at)"
        " VALUES ($1, current_merchant(), $2, 'text', $3, $4)",
        new_id(),
        survey,
        f"{mark} says thanks",
        NOW,
    )
    await db.execute(
        "INSERT INTO case_survey_links (token_hash, merchant_id, survey_id) VALUES ($1,"
        " current_merchant(), $2)",
        survey.bytes,
        survey,
    )
