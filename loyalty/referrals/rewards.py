"""Both sides of a referral are rewarded when the friend's order was kept, and lose it when it goes back."""

from datetime import datetime
from uuid import UUID

from core import db
from core.i18n import Locale
from loyalty.earning import service as earning
from loyalty.earning.service import Happened
from loyalty.members import service as members
from loyalty.referrals import queries
from loyalty.referrals.service import BATCH
from loyalty.rules import service as rules
from loyalty.rules.facts import ReferralFacts
from loyalty.rules.model import Referral as ReferralTrigger

SIDES = ("advocate", "friend")


async def settle(now: datetime) -> int:
    """Bring up to BATCH referrals of the merchant in line with their orders; answers how many changed."""
    rewarded = await db.fetch(queries.KEPT, now, BATCH)
    for row in rewarded:
        await _reward(row, now)
    gone = await db.fetch(queries.GONE, BATCH)
    for row in gone:
        await _withdraw(row, now)
    await db.execute(queries.LAPSE, now)
    return len(rewarded) + len(gone)


async def sentences(locale: Locale, now: datetime) -> tuple[str, ...]:
    """What advocate and friend get, a sentence a rule."""
    say = await rules.words(locale)
    live = await rules.live(now)
    return tuple(say.rule(each.rule) for each in live if isinstance(each.rule.trigger, ReferralTrigger))


def key(referral_id: UUID, side: str) -> str:
    """The natural key of one side's reward."""
    return f"referral:{referral_id}:{side}"


async def _reward(row: db.Row, now: datetime) -> None:
    await db.execute(queries.REWARD, row["id"], row["order_id"], now)
    friend = (await members.of_customers([row["friend_id"]])).get(row["friend_id"])
    sides = {"advocate": row["advocate_id"], "friend": friend.id if friend else None}
    await earning.happened(
        [
            Happened(key=key(row["id"], side), member_id=member, at=now, what=ReferralFacts(side=side))
            for side, member in sides.items()
            if member is not None
        ],
        now,
    )


async def _withdraw(row: db.Row, now: datetime) -> None:
    await db.execute(queries.WITHDRAW, row["id"], now)
    for side in SIDES:
        await earning.take_back([key(row["id"], side)], {"rule": "referral_withdrawn"}, now, now)
