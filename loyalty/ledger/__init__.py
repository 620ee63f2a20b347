"""The points ledger: commands, the one writer, errors."""

from loyalty.ledger.commands import (
    AnyCommand,
    Capture,
    Clawback,
    Command,
    Deduct,
    Earn,
    Expire,
    Hold,
    Merge,
    Redeem,
    Release,
    Reverse,
    Settle,
    Transfer,
    Unmerge,
    Void,
)
from loyalty.ledger.service import Posting, earn_many, post, release_due

__all__ = [
    "AnyCommand",
    "Capture",
    "Clawback",
    "Command",
    "Deduct",
    "Earn",
    "Expire",
    "Hold",
    "Merge",
    "Posting",
    "Redeem",
    "Release",
    "Reverse",
    "Settle",
    "Transfer",
    "Unmerge",
    "Void",
    "earn_many",
    "post",
    "release_due",
]
