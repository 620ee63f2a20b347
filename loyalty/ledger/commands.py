"""What can be asked of the ledger. Each command is one posting, known for ever by its key."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

Policy = Literal["forbid", "clamp", "debt"]


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="verb", omit_defaults=False):
    """Common to all.

    `key` names the posting within its merchant; the same key with anything else differing is refused.
    `effective_at` is when it happened; when it was learnt is an argument of post().
    """

    key: str
    member: UUID
    wallet: str = "points"
    effective_at: datetime
    reason: dict[str, Any]


class Earn(Command, frozen=True, kw_only=True, tag="earn"):
    """Points out of a programme side into a new lot. Pending points settle later."""

    points: int
    side: Literal["issued", "goodwill", "opening", "adjusted"] = "issued"
    pending: bool = False
    settles_at: datetime | None = None
    expires_at: datetime | None = None


class Settle(Command, frozen=True, kw_only=True, tag="settle"):
    """What is pending of the earn `parent`, or `points` of it, becomes active."""

    parent: str
    points: int | None = None


class Clawback(Command, frozen=True, kw_only=True, tag="clawback"):
    """Take `points` of the earn `parent` back: from its own lot first, then from others, then by policy."""

    parent: str
    points: int
    policy: Policy


class Redeem(Command, frozen=True, kw_only=True, tag="redeem"):
    """Spend points, those that expire first before the others."""

    points: int
    side: Literal["redeemed"] = "redeemed"


class Reverse(Command, frozen=True, kw_only=True, tag="reverse"):
    """Undo the redemption `parent`: the same lots get their points back, with the expiry they had."""

    parent: str


class Expire(Command, frozen=True, kw_only=True, tag="expire"):
    """What is active of the lot of the earn `parent`, if it has expired at `effective_at`."""

    parent: str


AnyCommand = Earn | Settle | Clawback | Redeem | Reverse | Expire
