"""What can be asked of the ledger. Each command is one posting, known for ever by its key."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

Policy = Literal["forbid", "clamp", "debt"]


def unasked(policy: Policy) -> Policy:
    """The policy where nobody asks who could be refused: a sweep would fail for ever, for all others, too."""
    return "clamp" if policy == "forbid" else policy


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
    """Points out of a programme side into a new lot. Pending points settle later.

    All points count against each of `budgets`; one that has not so many left refuses the earn.
    """

    points: int
    side: Literal["issued", "goodwill", "opening", "adjusted"] = "issued"
    pending: bool = False
    settles_at: datetime | None = None
    expires_at: datetime | None = None
    budgets: tuple[UUID, ...] = ()


class Settle(Command, frozen=True, kw_only=True, tag="settle"):
    """What is pending of the earn `parent`, or `points` of it, becomes active."""

    parent: str
    points: int | None = None


class Void(Command, frozen=True, kw_only=True, tag="void"):
    """What is pending of the earn `parent`, or `points` of it, never becomes active; budgets get it back."""

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


class Hold(Command, frozen=True, kw_only=True, tag="hold"):
    """Set points aside, those that expire first, until they are captured or `until` comes."""

    points: int
    until: datetime


class Capture(Command, frozen=True, kw_only=True, tag="capture"):
    """Spend what the hold `parent` holds, or `points` of it, in the order in which the lots were taken."""

    parent: str
    points: int | None = None
    side: Literal["redeemed"] = "redeemed"


class Release(Command, frozen=True, kw_only=True, tag="release"):
    """Give up the hold `parent`, or `points` of it: the same lots get them back, with the expiry they had."""

    parent: str
    points: int | None = None


class Reverse(Command, frozen=True, kw_only=True, tag="reverse"):
    """Undo the redemption or capture `parent`, or `points` of it.

    The same lots get their points back, the last one taken first, with the expiry they had.
    """

    parent: str
    points: int | None = None


class Expire(Command, frozen=True, kw_only=True, tag="expire"):
    """What is active of the lots of the earn or transfer `parent`, if they have expired at `effective_at`."""

    parent: str


class Deduct(Command, frozen=True, kw_only=True, tag="deduct"):
    """Take points away by hand, those that expire first before the others; what lacks goes by policy."""

    points: int
    policy: Policy


class Transfer(Command, frozen=True, kw_only=True, tag="transfer"):
    """Give points to another member's wallet: each lot taken makes one there, with its expiry."""

    to_member: UUID
    points: int


class Merge(Command, frozen=True, kw_only=True, tag="merge"):
    """The whole wallet of `member` goes to that of `into`; later commands find its lots there."""

    into: UUID


class Unmerge(Command, frozen=True, kw_only=True, tag="unmerge"):
    """Undo the merge `parent` of `member`: what is left of the lots that came with it goes back."""

    parent: str


AnyCommand = (
    Earn
    | Settle
    | Void
    | Clawback
    | Redeem
    | Hold
    | Capture
    | Release
    | Reverse
    | Expire
    | Deduct
    | Transfer
    | Merge
    | Unmerge
)
