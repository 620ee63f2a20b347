"""Identifiers: UUID version 7, so that rows made later sort later."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh time-ordered identifier."""
    return uuid7()
