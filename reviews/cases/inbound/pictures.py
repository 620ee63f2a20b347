"""Pictures that come with a customer's mail: made anew from their pixels, and kept with its message."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import db
from core.errors import NotFound
from core.ids import new_id
from reviews.cases.inbound import rules
from reviews.cases.inbound.reading import Mail
from reviews.photos import service as photos
from reviews.photos.pixels import PhotoRefused, Picture

SMALLEST_PX = 100
"""What is smaller on a side is a logo or a spacer of a mail program."""

_ADD = """
    INSERT INTO case_pictures (id, merchant_id, case_id, message_id, width, height, image, small, added_at)
    SELECT n.id, current_merchant(), $1, $2, n.width, n.height, n.image, n.small, $3
    FROM unnest($4::uuid[], $5::int[], $6::int[], $7::bytea[], $8::bytea[])
         AS n (id, width, height, image, small)
"""
_FIND = """
    SELECT CASE WHEN $2 THEN p.small ELSE p.image END AS jpeg,
           (SELECT CASE WHEN k.merged_into IS NULL THEN k.id ELSE k.merged_into END
            FROM customers k WHERE k.id = c.customer_id) AS customer_id
    FROM case_pictures p JOIN cases c ON c.id = p.case_id WHERE p.id = $1
"""


@dataclass(frozen=True)
class Kept:
    """A picture and the name under which it came."""

    name: str
    picture: Picture


async def made(mail: Mail) -> list[Kept]:
    """Pictures of a mail that may become a message; slow, so call it outside of a transaction.

    What machines wrote and what names no case has none; what is no picture, or a very small one, is left out.
    """
    named = rules.tokens(mail.to, mail.answers) or rules.mail_ids(mail.answers)
    if mail.automatic or mail.forged or not named:
        return []
    found = []
    for upload in mail.pictures:
        try:
            [picture] = await photos.decode([upload.content])
        except PhotoRefused:
            continue
        if min(picture.width, picture.height) >= SMALLEST_PX:
            found.append(Kept(upload.name, picture))
    return found


async def keep(case_id: UUID, message_id: UUID, kept: Sequence[Kept], now: datetime) -> None:
    """With the message that they came with, in the open transaction."""
    if kept:
        pictures = [each.picture for each in kept]
        columns = [
            [getattr(each, name) for each in pictures] for name in ("width", "height", "image", "small")
        ]
        await db.execute(_ADD, case_id, message_id, now, [new_id() for _ in kept], *columns)


async def find(picture_id: UUID, small: bool) -> tuple[bytes, UUID | None]:
    """A picture (JPEG) and who stands for the customer whose case it is in. Raises NotFound."""
    row = await db.fetchrow(_FIND, picture_id, small)
    if row is None:
        raise NotFound(f"no picture {picture_id}")
    return row["jpeg"], row["customer_id"]
