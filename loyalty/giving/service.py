"""Give points that no order earns."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from core.errors import DomainError
from core.ids import new_id
from loyalty.ledger import Earn, Posting, post
from loyalty.members import service as members


class Gift(msgspec.Struct, frozen=True, kw_only=True):
    """Points for the shop's customer `customer_id`. `actor`: who gives them; it stays in the ledger."""

    customer_id: str
    points: int
    note: str
    expires_at: datetime | None
    actor: str


async def give(gifts: Sequence[Gift], now: datetime) -> list[Posting | DomainError]:
    """Give points in the open transaction; a gift to nobody is answered with NotFound.

    Raises the other errors of the ledger; the transaction is then to be given up.
    """
    known = await members.ids_of([gift.customer_id for gift in gifts])
    commands = [
        Earn(
            key=f"api:{new_id()}",
            member=known[gift.customer_id],
            points=gift.points,
            effective_at=now,
            expires_at=gift.expires_at,
            reason={"rule": "api", "note": gift.note, "actor": gift.actor},
        )
        for gift in gifts
        if gift.customer_id in known
    ]
    postings = iter(await post(commands, now))
    return [
        next(postings) if gift.customer_id in known else members.unknown(gift.customer_id) for gift in gifts
    ]
