"""Members hear before points expire: once for a wallet and a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from core import db, outbox, tenancy
from core.days import zone_of
from core.design.formats import formats
from core.i18n import in_language, translator
from core.notifications import kinds, letters
from core.notifications import service as notifications
from core.notifications.model import Kind, Letter, Reader
from loyalty.expiry import idle, queries
from loyalty.expiry.idle import IdleLot

TOPIC = "points.expiring"
BATCH = 2000


class Warned(msgspec.Struct, frozen=True):
    """What is told: which warning. How much is left is read when the letter is written."""

    warning: UUID


@dataclass(frozen=True)
class Expiring:
    """What a letter tells: how much of which wallet, and when, in the merchant's time zone."""

    wallet: str
    points: int
    expires_at: datetime
    zone: str


async def note_dated(now: datetime) -> int:
    """Note up to BATCH warnings of lots that have a date; answers how many: the caller goes on until 0."""
    return await _send(await db.fetch(queries.NOTE_DATED, now, BATCH), now)


async def note_idle(lots: Sequence[IdleLot], now: datetime) -> int:
    """Note warnings of lots that end by inactivity soon; answers how many."""
    soon = [lot for lot in lots if lot.warn_days and now < lot.ends_at <= now + timedelta(days=lot.warn_days)]
    if not soon:
        return 0
    zone = zone_of((await tenancy.shop()).time_zone)
    rows = await db.fetch(
        queries.NOTE_IDLE,
        [lot.member_id for lot in soon],
        [lot.wallet_type_id for lot in soon],
        [lot.ends_at.astimezone(zone).date() for lot in soon],
        now,
    )
    return await _send(rows, now)


async def _send(rows: Sequence[db.Row], now: datetime) -> int:
    await outbox.add_many(TOPIC, [{"warning_id": row["id"]} for row in rows], now)
    return len(rows)


async def tell(warning_id: UUID, now: datetime) -> None:
    """Send one warning, in the open transaction."""
    customer_id = await db.fetchval(queries.WARNED, warning_id)
    if customer_id:
        told = {"warning": warning_id}
        await notifications.notify(KIND.code, customer_id, told, f"points_expiring:{warning_id}", now)


async def _write(told: Warned, reader: Reader) -> Letter | None:
    """The letter of one warning, of what is left by now; None: nothing is."""
    row = await db.fetchrow(queries.WARNING, told.warning, reader.now)
    if row is None:
        return None
    points, expires_at = row["points"], row["expires_at"]
    zone = zone_of(row["time_zone"])
    for lot in await idle.of_member(row["member_id"], row["wallet_type_id"]):
        if lot.ends_at > reader.now and lot.ends_at.astimezone(zone).date() == row["expires_on"]:
            points, expires_at = points + lot.points, min(expires_at or lot.ends_at, lot.ends_at)
    if not points:
        return None
    wallet = in_language(db.from_json(row["name"]), reader.locale)
    return letter(Expiring(wallet, points, expires_at, row["time_zone"]), reader)


def letter(expiring: Expiring, reader: Reader) -> Letter:
    """What a member reads."""
    words, shown = translator(reader.locale), formats(reader.locale)
    points = shown.points(expiring.points)
    date = shown.date(expiring.expires_at, expiring.zone)
    said = words.gettext(
        "In your wallet “%(wallet)s” at %(shop)s, %(points)s expire on %(moment)s (%(zone)s).",
        points=points,
        wallet=expiring.wallet,
        shop=reader.shop,
        moment=shown.date_time(expiring.expires_at, expiring.zone),
        zone=shown.zone(expiring.expires_at, expiring.zone),
    )
    subject = words.gettext("%(points)s expire on %(date)s", points=points, date=date)
    return letters.plain(subject, [said], reader, "/portal/rewards", words.gettext("See what they buy:"))


KIND = kinds.register(Kind(code="points_expiring", about="expiry", values=Warned, write=_write))
