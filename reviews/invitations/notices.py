"""Requests for reviews as messages to customers: by mail alone, since their stars are links."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import msgspec

from core import db
from core.i18n import in_language
from core.notifications import kinds, model
from core.notifications.model import Kind, Reader
from core.people.tokens import digest, new_token
from reviews.invitations import letter, queries, rules
from reviews.invitations.letter import Letter
from reviews.invitations.model import Line, Settings


class Asked(msgspec.Struct, frozen=True):
    """What is told: which invitation. Lines and links are made when the mail is written."""

    invitation: UUID


async def lines(invitations: Sequence[UUID]) -> dict[UUID, list[Line]]:
    """Lines of the orders of these invitations, by order."""
    found: dict[UUID, list[Line]] = defaultdict(list)
    for row in await db.fetch(queries.LINES, invitations):
        told = {name: row[name] for name in Line.__struct_fields__}
        found[row["order_id"]].append(Line(**told))
    return found


async def _write(told: Asked, reader: Reader, reminder: bool) -> model.Letter | None:
    row = await db.fetchrow(queries.TO_WRITE, told.invitation)
    assert row is not None  # nothing deletes invitations
    left = rules.to_review((await lines([told.invitation]))[row["order_id"]])
    if not left:
        return None
    settings = await db.fetchrow(queries.SETTINGS)
    days = settings["valid_days"] if settings else Settings().valid_days
    made = Letter(
        locale=reader.locale,
        name=reader.name,
        shop=in_language(db.from_json(row["store_name"]), reader.locale),
        lines=left,
        reminder=reminder,
        base_url=reader.base_url,
        write_token=await link(told.invitation, reader.now + timedelta(days=days)),
        end_href=reader.end_href,
    )
    subject, plain, html = letter.write(made)
    return model.Letter(subject=subject, body=plain, html=html)


async def link(invitation_id: UUID, expires_at: datetime) -> str:
    """The token of a new link to the form, in the open transaction; only its digest is kept."""
    token = new_token()
    await db.execute(queries.ADD_LINK, digest(token), invitation_id, expires_at)
    return token


def _kind(code: str, reminder: bool) -> Kind:
    write = partial(_write, reminder=reminder)
    return kinds.register(
        Kind(code=code, about="reviews", values=Asked, write=write, channels=("mail",), switch=False)
    )


INVITATION = _kind("review_invitation", reminder=False)
REMINDER = _kind("review_reminder", reminder=True)
