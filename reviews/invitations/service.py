"""Ask for reviews: schedule, send, remind; let people answer without signing in, and be left alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core import db
from core.days import zone_of
from core.ids import new_id
from core.notifications import service as notifications
from core.notifications import settings as notification_settings
from core.notifications.model import Settings as Notifying
from core.notifications.rules import needs_consent, quiet_ends
from core.people.tokens import LinkEnded, digest
from reviews.invitations import notices, queries, rules
from reviews.invitations.model import Audience, Coverage, Later, Line, Settings, Skip
from reviews.photos.pixels import Picture
from reviews.writing import service as writing
from reviews.writing.model import Draft, Subject

BATCH = 200
CATCH_UP = timedelta(days=14)
"""So long after its day an order is still scheduled, should the sweep have been down."""


@dataclass(frozen=True)
class Invited:
    """Whoever has a link: whose customer they are, and which order they are asked about."""

    id: UUID
    order_id: UUID
    customer_id: UUID
    name: str
    email: str
    locale: str


# ---------------------------------------------------------------- settings


async def settings() -> Settings:
    """How the merchant of the open transaction asks."""
    row = await db.fetchrow(queries.SETTINGS)
    return Settings(**row) if row else Settings()


async def change(new: Settings, staff_id: UUID | None, now: datetime) -> None:
    """From now on; earlier settings stay on record."""
    if new != await settings():
        values = [getattr(new, name) for name in Settings.__struct_fields__]
        await db.execute(queries.ADD_SETTINGS, new_id(), *values, staff_id, now)


async def coverage(since: datetime, until: datetime) -> Coverage:
    """How many of the orders delivered in a period were asked about, and why the others were not."""
    row = await db.fetchrow(queries.COVERAGE, since, until)
    assert row is not None
    skipped = await db.fetch(queries.SKIPPED, since, until)
    return Coverage(**row, skipped={each["skip_reason"]: each["skipped"] for each in skipped})


# ---------------------------------------------------------------- asking


async def sweep(now: datetime) -> int:
    """Schedule what was delivered, write to whom it is time to; how many mails. In the open transaction."""
    wanted = await settings()
    await db.execute(queries.PURGE_LINKS, now)
    if not wanted.active:
        return 0
    days = timedelta(days=wanted.days_after_delivery)
    began: datetime = await db.fetchval(queries.BEGAN)
    since = max(began, now - CATCH_UP) - days
    await db.execute(queries.SCHEDULE, since, wanted.days_after_delivery, now, BATCH)
    due = await db.fetch(queries.DUE, now, BATCH)
    lines = await notices.lines([row["id"] for row in due])
    notifying = await notification_settings.current()
    asked: dict[UUID, datetime] = {}
    return sum([await _one(row, lines[row["order_id"]], wanted, notifying, asked, now) for row in due])


async def _one(
    row: db.Row,
    lines: Sequence[Line],
    wanted: Settings,
    notifying: Notifying,
    asked: dict[UUID, datetime],
    now: datetime,
) -> int:
    """Ask, remind, put off or leave out; 1: a mail was written."""
    reminder = row["sent_at"] is not None
    kind = notices.REMINDER if reminder else notices.INVITATION
    audience = Audience(
        has_address=bool(row["email"]),
        opted_out=row["wanted"] is False,
        consent_missing=row["wanted"] is None and needs_consent(kind.about, "mail", notifying),
        asked_at=asked.get(row["customer_id"], row["asked_at"]),
        lines_to_review=len(rules.to_review(lines)),
    )
    zone = zone_of(row["own_time_zone"] or row["time_zone"])
    quiet = quiet_ends(notifying.quiet_from, notifying.quiet_until, zone, now)
    decision = rules.decide(audience, wanted, row["due_at"], quiet, now, reminder)
    if isinstance(decision, Skip):
        await db.execute(queries.SKIP, row["id"], decision.reason)
        return 0
    if isinstance(decision, Later):
        await db.execute(queries.DELAY, row["id"], decision.at)
        return 0
    told, key = {"invitation": row["id"]}, f"{kind.code}:{row['id']}"
    await notifications.notify(kind.code, row["customer_id"], told, key, now, row["time_zone"])
    asked[row["customer_id"]] = now
    if reminder:
        await db.execute(queries.REMINDED, row["id"], now)
        return 1
    again = now + timedelta(days=wanted.reminder_after_days) if wanted.reminder_after_days else None
    await db.execute(queries.SENT, row["id"], now, again)
    return 1


# ---------------------------------------------------------------- links


async def open_link(token: str, now: datetime) -> Invited:
    """Who holds a link to the form, in the open transaction. Raises LinkEnded."""
    row = await db.fetchrow(queries.LINK, digest(token), now)
    if row is None:
        raise LinkEnded()
    return Invited(**{name: row[name] for name in Invited.__dataclass_fields__})


async def answer(
    invited: Invited, about: Subject, draft: Draft, pictures: Sequence[Picture], now: datetime
) -> UUID:
    """Write the review that was asked for, in the open transaction. Raises as writing.write()."""
    review_id = await writing.write(about, draft, pictures, now, solicited=True)
    await db.execute(queries.MARK_REVIEW, review_id, invited.id)
    await db.execute(queries.ANSWERED, invited.id, now)
    return review_id
