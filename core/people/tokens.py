"""Random tokens and how they are kept: the token goes out once, only its digest stays here."""

import hashlib
import secrets
from typing import Literal
from uuid import UUID

from core import db
from core.errors import DomainError, Kind

Gate = Literal[
    "gate_login_link",
    "gate_staff_link",
    "gate_notification_link",
    "gate_review_link",
    "gate_survey_link",
]
"""The function of the database that says whose a token of one kind is, and nothing else."""


class LinkEnded(DomainError):
    """A link of a mail that is unknown or expired: never told apart."""

    code = "link_ended"
    kind = Kind.NOT_FOUND
    title = "This link does not open anything any more"


def new_token() -> str:
    """A fresh token of 256 random bits, safe in addresses and cookies."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is stored of a token. It is random already, so that a slow hash would add nothing."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


async def merchant_of(gate: Gate, token: str, ended: type[DomainError] = LinkEnded) -> UUID:
    """Whose token it is; before a merchant is known. Raises `ended` for an unknown one."""
    async with db.transaction(None):
        found: UUID | None = await db.fetchval(f"SELECT merchant_id FROM {gate}($1)", digest(token))
    if found is None:
        raise ended()
    return found
