"""Merchants (tenants) and their stores."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog
from babel.numbers import list_currencies

from core import db
from core.days import TimeZoneUnknown, zone_names
from core.errors import DomainError, Kind, NotFound
from core.i18n import in_language
from core.ids import new_id

log = structlog.get_logger(__name__)


class MerchantExists(DomainError):
    """The code belongs to a merchant already."""

    code = "merchant_exists"
    kind = Kind.CONFLICT
    title = "This code is taken"


class StoreExists(DomainError):
    """The merchant has a store with this external id already."""

    code = "store_exists"
    kind = Kind.CONFLICT
    title = "There is such a store already"


class ShopInvalid(DomainError):
    """A code or a currency that does not exist or is malformed."""

    code = "shop_invalid"
    kind = Kind.INVALID
    title = "The merchant or store cannot be made like this"


@dataclass(frozen=True)
class Merchant:
    """What is known of a merchant before a transaction names one."""

    id: UUID
    code: str
    time_zone: str


@dataclass(frozen=True)
class Shop:
    """How a merchant presents itself."""

    names: dict[str, str]
    """By language."""
    time_zone: str
    currency: str

    def name(self, locale: str) -> str:
        """The name in a language, or in the one that there is."""
        return in_language(self.names, locale)


async def create_merchant(
    code: str, name: Mapping[str, str], time_zone: str, currency: str, now: datetime, locale: str = "en"
) -> UUID:
    """Make a merchant; `name` by language (en, zh-Hans, zh-Hant). Raises MerchantExists, ShopInvalid or
    TimeZoneUnknown."""
    _check(time_zone, currency)
    merchant_id = new_id()
    try:
        async with db.transaction(merchant_id):
            await db.execute(
                "INSERT INTO merchants (id, code, name, time_zone, currency, locale, created_at)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                merchant_id,
                code,
                db.to_json(name),
                time_zone,
                currency,
                locale,
                now,
            )
    except asyncpg.UniqueViolationError as error:
        raise MerchantExists(code) from error
    except asyncpg.CheckViolationError as error:
        raise ShopInvalid(f"code {code!r} is malformed") from error
    return merchant_id


async def create_store(external_id: str, name: Mapping[str, str], currency: str, time_zone: str) -> UUID:
    """Add a store in the open transaction, which a refusal ends. Raises StoreExists, ShopInvalid or
    TimeZoneUnknown."""
    _check(time_zone, currency)
    store_id = await db.fetchval(
        "INSERT INTO stores (id, merchant_id, external_id, name, currency, time_zone)"
        " VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (merchant_id, external_id) DO NOTHING RETURNING id",
        new_id(),
        db.merchant_id(),
        external_id,
        db.to_json(name),
        currency,
        time_zone,
    )
    if store_id is None:
        raise StoreExists(external_id)
    return UUID(str(store_id))


async def shop() -> Shop:
    """How the merchant of the open transaction presents itself."""
    row = await db.fetchrow("SELECT name, time_zone, currency FROM merchants WHERE id = $1", db.merchant_id())
    if row is None:
        raise NotFound("this merchant is not there any more")
    return Shop(db.from_json(row["name"]), row["time_zone"], row["currency"])


async def find_merchant(code: str) -> Merchant | None:
    """The merchant with this code."""
    return next((merchant for merchant in await merchants() if merchant.code == code), None)


async def merchants() -> Sequence[Merchant]:
    """Every merchant of this installation, the oldest first."""
    async with db.transaction(None):
        rows = await db.fetch("SELECT id, code, time_zone FROM gate_merchants()")
    return [Merchant(**row) for row in rows]


async def for_each(work: Callable[[Merchant], Awaitable[None]]) -> None:
    """Do this for one merchant after the other; where it fails, the others have their turn all the same.

    Raises an ExceptionGroup of all that failed, in the end.
    """
    failed: list[Exception] = []
    for merchant in await merchants():
        try:
            await work(merchant)
        except Exception as error:
            log.exception("merchant_failed", merchant=merchant.code)
            failed.append(error)
    if failed:
        raise ExceptionGroup(f"{len(failed)} merchants failed", failed)


def _check(time_zone: str, currency: str) -> None:
    if currency not in list_currencies():
        raise ShopInvalid(f"currency {currency!r} is none of ISO 4217")
    if time_zone not in zone_names():
        raise TimeZoneUnknown(f"{time_zone!r} is no time zone of the IANA database")
