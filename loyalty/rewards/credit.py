"""Store credit: the shop's money in a wallet of its own; a point of it is a minor unit of the currency."""

from datetime import datetime
from typing import Any
from uuid import UUID

from core import tenancy
from loyalty.ledger import Earn, post
from loyalty.rewards.errors import RewardInvalid
from loyalty.rewards.kinds import Kind, Money, StoreCredit
from loyalty.wallets import service as wallets
from loyalty.wallets.service import Rules

WALLET = "store_credit"
NAME = {"en": "Store credit", "zh-Hans": "店铺余额", "zh-Hant": "購物金"}


async def make_ready(terms: Kind, now: datetime) -> None:
    """Make the wallet before the first reward needs it. Raises RewardInvalid for another currency."""
    if not isinstance(terms, StoreCredit):
        return
    currency = (await tenancy.shop()).currency
    if terms.amount.currency != currency:
        raise RewardInvalid(f"terms: store credit is kept in {currency}", field="terms")
    if WALLET not in {each.code for each in await wallets.every()}:
        await wallets.create(WALLET, NAME, Rules(debt_policy="forbid"), now)


async def grant(
    voucher_id: UUID,
    member_id: UUID,
    joined_at: datetime,
    amount: Money,
    reason: dict[str, Any],
    now: datetime,
) -> None:
    """Book the amount into the member's wallet, under the wallet's rules of expiry."""
    rules = next(each for each in await wallets.wallets() if each.code == WALLET)
    command = Earn(
        key=f"credit:{voucher_id}",
        member=member_id,
        wallet=WALLET,
        points=amount.amount_minor,
        effective_at=now,
        expires_at=rules.expires_at(now, joined_at),
        reason=reason,
    )
    await post([command], now)
