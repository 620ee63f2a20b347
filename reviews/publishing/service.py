"""What everybody may see of a merchant's reviews."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from core import db
from core.errors import DomainError, Kind, NotFound
from core.i18n import in_language
from reviews import pages
from reviews.pages import Page
from reviews.photos import service as photos
from reviews.photos.service import Photo
from reviews.publishing import queries
from reviews.publishing.rules import HERE, Published, Wanted
from reviews.ratings import service as ratings
from reviews.ratings.rules import Rating
from reviews.wording import public, shown

_STARRED: tuple[type, ...] = (int, datetime, UUID)
_PLACES = {"newest": pages.NEWEST, "highest": _STARRED, "lowest": _STARRED, "helpful": _STARRED}
_PLAIN = (
    *("id", "stars", "rating", "product", "product_name", "verified", "incentivised", "solicited"),
    *("insider", "helpful", "written_at", "edited", "replied_at", "language"),
)


class ProductUrlInvalid(DomainError):
    """Not an address with a place for the SKU."""

    code = "product_url_invalid"
    kind = Kind.INVALID
    title = "The address of products cannot be used"


@dataclass(frozen=True)
class PublicShop:
    """A merchant as somebody who only knows its code may know it."""

    id: UUID
    code: str
    names: dict[str, str]
    locale: str

    def name(self, locale: str) -> str:
        """The name in a language, or in the one that there is."""
        return in_language(self.names, locale)


async def shop(code: str) -> PublicShop:
    """The merchant with this code, in a transaction of its own. Raises NotFound."""
    async with db.transaction(None):
        row = await db.fetchrow(queries.SHOP, code)
    if row is None:
        raise NotFound(f"no shop {code!r}")
    return PublicShop(row["id"], code, db.from_json(row["name"]), row["locale"])


async def page(wanted: Wanted, after: str = "", limit: int = 10) -> Page[Published]:
    """A page of what is wanted, in the open transaction. Raises CursorInvalid."""
    place = pages.place(after, _PLACES[wanted.sort]) if after else None
    statement, arguments = queries.page(db.merchant_id(), wanted, place, limit + 1)
    rows = await db.fetch(statement, *arguments)
    pictures = await photos.of_reviews([row["id"] for row in rows[:limit]])
    found = [published(row, pictures.get(row["id"], ())) for row in rows[:limit]]
    return Page(found, _cursor(wanted, found[-1]) if len(rows) > limit else None)


async def rating_of(product: str) -> Rating:
    """All stars of a product that are published here; '': of the reviews about the shop itself."""
    return await ratings.rating_of("product", product, HERE)


async def vote(review_id: UUID, voter: bytes, now: datetime) -> int:
    """Somebody found a published review helpful; how many have by now. Again: nothing changes.

    In the open transaction. Raises NotFound for what is not shown.
    """
    if await db.fetchval(queries.VOTE, db.merchant_id(), review_id, voter, now, list(HERE)):
        return int(await db.fetchval(queries.COUNT_VOTE, review_id))
    votes = await db.fetchval(queries.VOTES, review_id, list(HERE))
    if votes is None:
        raise NotFound(f"no published review {review_id}")
    return int(votes)


async def product_url() -> str:
    """Address of a product's page at the shop, with {sku} in it; '': not told."""
    return str(await db.fetchval(queries.PRODUCT_URL, db.merchant_id()) or "")


async def keep_product_url(address: str, now: datetime) -> None:
    """Say where products are shown; '' takes it back. Raises ProductUrlInvalid."""
    if address and (address.count("{sku}") != 1 or address.replace("{sku}", "").count("{")):
        raise ProductUrlInvalid("the address needs {sku} exactly once, and no other braces")
    if address and not _has_host(address):
        raise ProductUrlInvalid("the address needs a host, and {sku} behind it")
    try:
        await db.execute(queries.KEEP_PRODUCT_URL, db.merchant_id(), address, now)
    except asyncpg.CheckViolationError as error:
        raise ProductUrlInvalid("the address must start with http:// or https://") from error


def published(row: db.Row, pictures: Sequence[Photo] = ()) -> Published:
    """A row with queries.COLUMNS, and its own pictures."""
    return Published(
        author=public(row["author"]),
        title=public(row["title"]),
        body=public(row["body"]),
        photos=tuple(each.id for each in pictures),
        reply=shown(row["reply"]),
        photo_urls=tuple(row["photo_urls"]),
        **{name: row[name] for name in _PLAIN},
    )


def _has_host(address: str) -> bool:
    try:
        host = urlsplit(address).hostname
    except ValueError:  # of brackets that are no address of IPv6
        return False
    return bool(host) and "{" not in str(host)


def _cursor(wanted: Wanted, last: Published) -> str:
    values: list[Any] = [last.written_at, last.id]
    if wanted.sort in ("highest", "lowest"):
        values.insert(0, last.stars)
    if wanted.sort == "helpful":
        values.insert(0, last.helpful)
    return pages.cursor(values)
