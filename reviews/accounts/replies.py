"""Carry a public reply to where its review lives."""

import asyncio
from uuid import UUID

from core import db
from core.vault import Sealed
from reviews.accounts import queries, service
from reviews.connectors.failures import CredentialsRefused, SourceAway

TIMEOUT_S = 45.0
"""For all that a reply takes: less than a worker's handler has."""


async def post(review_id: UUID, text: str) -> None:
    """Answer a review at its source, in the open transaction; returns once the source has acknowledged it.

    After a failure of unknown outcome it may be called again with the same text: one reply is left.
    Raises SourceFailure; `again` says whether trying again may help.
    """
    place = await db.fetchrow(queries.PLACE, review_id)
    row = place and await db.fetchrow(queries.BY_NAME, place["source"], place["account"])
    if place is None or row is None or row["state"] == "disconnected":
        raise CredentialsRefused("the account is not connected")
    try:
        async with (
            asyncio.timeout(TIMEOUT_S),
            service.opened(service.account_of(row)) as there,
        ):
            await there.reply(place["external_id"], text)
    except TimeoutError as error:
        raise SourceAway("no answer in time") from error
    except Sealed as error:
        raise CredentialsRefused(error.detail) from error
