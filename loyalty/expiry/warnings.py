"""Members hear before points expire: once for a wallet and a day, by mail, in their language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core import db, outbox, tenancy
from core.days import zone_of
from core.design.formats import formats
from core.i18n import Locale, in_language, negotiate, translator
from core.mail import service as mail
from core.settings import settings
from loyalty.expiry import idle, queries
from loyalty.expiry.idle import IdleLot

TOPIC = "points.expiring"
BATCH = 2000


@dataclass(frozen=True)
class Expiring:
    """What a mail tells: how much of which wallet, and when, in the merchant's time zone."""

    wallet: str
    points: int
    expires_at: datetime
    zone: str
    shop: str


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


async def write(warning_id: UUID, now: datetime) -> bool:
    """Write the mail of one warning, of what is left by now; False: there is nothing to say, or nobody."""
    row = await db.fetchrow(queries.WARNING, warning_id, now)
    if row is None or not row["email"]:
        return False
    points, expires_at = row["points"], row["expires_at"]
    zone = zone_of(row["time_zone"])
    for lot in await idle.of_member(row["member_id"], row["wallet_type_id"]):
        if lot.ends_at > now and lot.ends_at.astimezone(zone).date() == row["expires_on"]:
            points, expires_at = points + lot.points, min(expires_at or lot.ends_at, lot.ends_at)
    if not points:
        return False
    locale = negotiate(row["locale"], row["locale"])
    shop = (await tenancy.shop()).name(locale)
    wallet = in_language(db.from_json(row["name"]), locale)
    subject, body = texts(Expiring(wallet, points, expires_at, row["time_zone"], shop), locale)
    await mail.send("points_expiring", row["email"], locale, subject, body, now)
    return True


def texts(expiring: Expiring, locale: Locale) -> tuple[str, str]:
    """Subject and body."""
    words, shown = translator(locale), formats(locale)
    points = shown.points(expiring.points)
    date = shown.date(expiring.expires_at, expiring.zone)
    lines = (
        words.gettext("Hello,"),
        words.gettext(
            "In your wallet “%(wallet)s” at %(shop)s, %(points)s expire on %(moment)s (%(zone)s).",
            points=points,
            wallet=expiring.wallet,
            shop=expiring.shop,
            moment=shown.date_time(expiring.expires_at, expiring.zone),
            zone=shown.zone(expiring.expires_at, expiring.zone),
        ),
        words.gettext("See what they buy:"),
        f"{settings().public_url}/portal/rewards",
    )
    subject = words.gettext("%(points)s expire on %(date)s", points=points, date=date)
    return subject, "\n\n".join(lines) + "\n"
