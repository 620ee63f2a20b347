"""Give points that no order earns."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from core.errors import DomainError
from core.ids import new_id
from loyalty.ledger import Earn, Posting, earn_many
from loyalty.members import service as members
from loyalty.members.errors import MemberLeft
from loyalty.members.service import Joined
from loyalty.wallets.rules import Wallet
from loyalty.wallets.service import WalletMissing
from loyalty.wallets.service import wallets as all_wallets


class Gift(msgspec.Struct, frozen=True, kw_only=True):
    """Points for the shop's customer `customer_id`. `actor`: who gives them; it stays in the ledger.

    Without `expires_at` the wallet's rules say when they expire. Pending ones settle at `settles_at`, or
    when somebody settles them.
    """

    customer_id: str
    points: int
    note: str
    expires_at: datetime | None
    actor: str
    wallet: str = "points"
    pending: bool = False
    settles_at: datetime | None = None


async def give(gifts: Sequence[Gift], now: datetime) -> list[Posting | DomainError]:
    """Give points in the open transaction; what cannot be given is answered with its error, and hinders
    no other gift."""
    known = await members.joined([gift.customer_id for gift in gifts])
    wallets = {wallet.code: wallet for wallet in await all_wallets()}
    earns = [_earn(gift, known.get(gift.customer_id), wallets.get(gift.wallet), now) for gift in gifts]
    postings = iter(await earn_many([each for each in earns if isinstance(each, Earn)], now))
    return [next(postings) if isinstance(each, Earn) else each for each in earns]


def _earn(gift: Gift, member: Joined | None, wallet: Wallet | None, now: datetime) -> Earn | DomainError:
    if member is None:
        return members.unknown(gift.customer_id)
    if member.left_at is not None and member.left_at <= now:
        return MemberLeft()
    if wallet is None:
        return WalletMissing(gift.wallet)
    return Earn(
        key=f"api:{new_id()}",
        member=member.id,
        wallet=gift.wallet,
        points=gift.points,
        pending=gift.pending or gift.settles_at is not None,
        settles_at=gift.settles_at,
        effective_at=now,
        expires_at=gift.expires_at or wallet.expires_at(now, member.joined_at),
        reason={"rule": "api", "note": gift.note, "actor": gift.actor},
    )
