"""Ask for reviews: schedule, send, remind; let people answer without signing in, and be left alone."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core import db
from core.days import zone_of
from core.errors import DomainError, Kind
from core.i18n import Locale, in_language, negotiate
from core.ids import new_id
from core.mail import service as mail
from core.people.tokens import digest, new_token
from core.settings import settings as installed
from reviews.invitations import letter, queries, rules
from reviews.invitations.letter import Letter
from reviews.invitations.model import Audience, Coverage, Later, Line, Settings, Skip
from reviews.photos.pixels import Picture
from reviews.writing import service as writing
from reviews.writing.model import Draft, Subject

BATCH = 200
CATCH_UP = timedelta(days=14)
"""So long after its day an order is still scheduled, should the sweep have been down."""
UNSUBSCRIBE_DAYS = 400


class LinkEnded(DomainError):
    """Unknown or expired: never told apart."""

    code = "review_link_ended"
    kind = Kind.NOT_FOUND
    title = "This link does not open anything any more"


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
    lines = await _lines([row["id"] for row in due])
    asked: dict[UUID, datetime] = {}
    return sum([await _one(row, lines[row["order_id"]], wanted, asked, now) for row in due])


async def _lines(invitations: Sequence[UUID]) -> dict[UUID, list[Line]]:
    found: dict[UUID, list[Line]] = defaultdict(list)
    for row in await db.fetch(queries.LINES, invitations):
        told = {name: row[name] for name in Line.__struct_fields__}
        found[row["order_id"]].append(Line(**told))
    return found


async def _one(
    row: db.Row, lines: Sequence[Line], wanted: Settings, asked: dict[UUID, datetime], now: datetime
) -> int:
    """Ask, remind, put off or leave out; 1: a mail was written."""
    reminder = row["sent_at"] is not None
    open_lines = [each for each in rules.delivered_lines(lines) if not each.reviewed]
    audience = Audience(
        has_address=bool(row["email"]),
        opted_out=row["opted_out"],
        asked_at=asked.get(row["customer_id"], row["asked_at"]),
        lines_to_review=len(open_lines),
    )
    decision = rules.decide(audience, wanted, row["due_at"], zone_of(row["time_zone"]), now, reminder)
    if isinstance(decision, Skip):
        await db.execute(queries.SKIP, row["id"], decision.reason)
        return 0
    if isinstance(decision, Later):
        await db.execute(queries.DELAY, row["id"], decision.at)
        return 0
    await _write(row, open_lines, wanted, reminder, now)
    asked[row["customer_id"]] = now
    if reminder:
        await db.execute(queries.REMINDED, row["id"], now)
        return 1
    again = now + timedelta(days=wanted.reminder_after_days) if wanted.reminder_after_days else None
    await db.execute(queries.SENT, row["id"], now, again)
    return 1


async def _write(row: db.Row, lines: Sequence[Line], wanted: Settings, reminder: bool, now: datetime) -> None:
    locale: Locale = negotiate(row["locale"], row["locale"])
    made = Letter(
        locale=locale,
        name=row["name"],
        shop=in_language(db.from_json(row["store_name"]), locale),
        lines=lines,
        reminder=reminder,
        base_url=installed().public_url,
        write_token=await _link(row["id"], "write", now + timedelta(days=wanted.valid_days)),
        unsubscribe_token=await _link(row["id"], "unsubscribe", now + timedelta(days=UNSUBSCRIBE_DAYS)),
    )
    subject, plain, html = letter.write(made)
    kind = "review_reminder" if reminder else "review_invitation"
    await mail.send(kind, row["email"], locale, subject, plain, now, html, made.headers)


async def _link(invitation_id: UUID, purpose: str, expires_at: datetime) -> str:
    token = new_token()
    await db.execute(queries.ADD_LINK, digest(token), invitation_id, purpose, expires_at)
    return token


# ---------------------------------------------------------------- links


async def merchant_of(token: str) -> UUID:
    """Whose link it is; before a merchant is known. Raises LinkEnded."""
    async with db.transaction(None):
        merchant_id = await db.fetchval(queries.GATE, digest(token))
    if merchant_id is None:
        raise LinkEnded()
    return UUID(str(merchant_id))


async def open_link(token: str, purpose: str, now: datetime) -> Invited:
    """Who holds a link for this purpose, in the open transaction. Raises LinkEnded."""
    row = await db.fetchrow(queries.LINK, digest(token), purpose, now)
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


async def opt_out(invited: Invited, now: datetime) -> None:
    """They are not asked any more; saying it twice changes nothing."""
    await db.execute(queries.OPT_OUT, invited.customer_id, now)


async def opt_in(invited: Invited, now: datetime) -> None:
    """They changed their mind."""
    await db.execute(queries.OPT_IN, invited.customer_id, now)
