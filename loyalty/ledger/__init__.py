"""The points ledger: commands, the one writer, errors."""

from loyalty.ledger.commands import AnyCommand, Clawback, Command, Earn, Expire, Redeem, Reverse, Settle
from loyalty.ledger.service import Posting, post

__all__ = [
    "AnyCommand",
    "Clawback",
    "Command",
    "Earn",
    "Expire",
    "Posting",
    "Redeem",
    "Reverse",
    "Settle",
    "post",
]
