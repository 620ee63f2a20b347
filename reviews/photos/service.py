"""Keep pictures with their review, and find them."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import db
from core.errors import DomainError, Kind, NotFound
from core.ids import new_id
from reviews.photos import queries
from reviews.photos.pixels import Picture, picture

PHOTO_LIMIT = 5

# One at a time: a picture takes a few hundred megabytes for a moment.
_decoder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures")


class TooManyPhotos(DomainError):
    """A review has at most PHOTO_LIMIT pictures."""

    code = "too_many_photos"
    kind = Kind.INVALID
    title = "Too many pictures"


@dataclass(frozen=True)
class Photo:
    """A picture of a review's current wording; its bytes are under /media."""

    id: UUID
    review_id: UUID
    width: int
    height: int
    first_version: int
    """The wording that it was added with."""


@dataclass(frozen=True)
class Media:
    """A picture's bytes (JPEG), and who may see it."""

    jpeg: bytes
    public: bool
    """The review is published."""
    customer_id: UUID | None
    """Its author, or who stands for them since: they see it in any case."""


async def decode(uploads: Sequence[bytes]) -> list[Picture]:
    """Pictures of these uploads, in their order. Raises TooManyPhotos or PhotoRefused."""
    if len(uploads) > PHOTO_LIMIT:
        raise TooManyPhotos(f"at most {PHOTO_LIMIT}")
    loop = asyncio.get_running_loop()
    return [await loop.run_in_executor(_decoder, picture, upload) for upload in uploads]


async def of_reviews(review_ids: Sequence[UUID]) -> dict[UUID, list[Photo]]:
    """The pictures of the current wordings, by review, in the order in which they were added."""
    found: dict[UUID, list[Photo]] = defaultdict(list)
    for row in await db.fetch(queries.OF_REVIEWS, list(review_ids)):
        found[row["review_id"]].append(Photo(**row))
    return found


async def put(
    review_id: UUID, version: int, kept: Sequence[UUID], new: Sequence[Picture], now: datetime
) -> None:
    """Give a new wording the pictures `kept` of the one before it, and `new` ones. Raises TooManyPhotos."""
    had = (await of_reviews([review_id])).get(review_id, [])
    staying = [each.id for each in had if each.id in kept]
    if len(staying) + len(new) > PHOTO_LIMIT:
        raise TooManyPhotos(f"at most {PHOTO_LIMIT}")
    if len(staying) < len(had):
        await db.execute(queries.END, review_id, staying, version - 1)
    if new:
        ids = [new_id() for _ in new]
        columns = [[getattr(each, name) for each in new] for name in ("width", "height", "image", "small")]
        await db.execute(queries.ADD, review_id, version, now, ids, *columns)


async def delete(review_id: UUID) -> None:
    """Delete the pictures of a review for ever, those of earlier wordings too."""
    await db.execute(queries.DELETE, review_id)


async def merchant_of(photo_id: UUID) -> UUID:
    """Whose picture it is; before a merchant is known. Raises NotFound."""
    async with db.transaction(None):
        merchant_id = await db.fetchval(queries.MERCHANT, photo_id)
    if merchant_id is None:
        raise NotFound(f"no picture {photo_id}")
    return UUID(str(merchant_id))


async def media(photo_id: UUID, small: bool) -> Media:
    """A picture and who may see it, in the open transaction. Raises NotFound; also once it was deleted."""
    row = await db.fetchrow(queries.FIND, photo_id, small)
    if row is None:
        raise NotFound(f"no picture {photo_id}")
    return Media(row["jpeg"], row["public"], row["customer_id"])
