"""The wallets of a member: the points, and what else they have used, such as store credit."""

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from api.pages import locale_of
from api.portal import present
from api.portal.common import Customer
from core.design import portal_views
from core.i18n import Locale, in_language
from loyalty.ledger import reading as ledger
from loyalty.members.service import Balance
from loyalty.rewards import credit
from loyalty.wallets import service as wallets
from loyalty.wallets.service import WalletView

ACTIVITY = "/portal/activity"
POINTS = "points"
FOR_TIERS = "qualifying"
"""Cannot be spent: the tier says what it counts."""


def currency_of(wallet: str, shop_currency: str) -> str:
    """Of a wallet of money, whose points are minor units of it; "": it holds points."""
    return shop_currency if wallet == credit.WALLET else ""


def name_of(wallet: WalletView, locale: Locale) -> str:
    """In the reader's language."""
    return in_language(wallet.name, locale) if wallet.name else wallet.code


def activity_href(wallet: str, path: str = ACTIVITY, **more: str) -> str:
    """Where a wallet's entries are."""
    query = urlencode(({} if wallet == POINTS else {"wallet": wallet}) | more)
    return f"{path}?{query}" if query else path


async def used(member_id: UUID) -> list[WalletView]:
    """The points first, then the further wallets in which the member has entries; in the open transaction."""
    found = [each for each in await wallets.used(member_id) if each.code not in (POINTS, FOR_TIERS)]
    return [await wallets.get(POINTS), *found]


async def further(
    request: Customer, member_id: UUID, balances: list[Balance], now: datetime
) -> tuple[portal_views.WalletNow, ...]:
    """What is in them besides the points, and what of it expires next; in the open transaction."""
    held = {each.wallet: each for each in balances}
    return tuple(
        [
            portal_views.WalletNow(
                name=name_of(each, locale_of(request)),
                points_active=held[each.code].points_active,
                points_pending=held[each.code].points_pending,
                href=activity_href(each.code),
                points_debt=held[each.code].points_debt,
                currency=currency_of(each.code, request.user.shop.currency),
                expiry=present.expiry(await ledger.next_expiry(member_id, now, each.code)),
            )
            for each in (await used(member_id))[1:]
        ]
    )
