"""Rewards to test with, in the open transaction of a merchant."""

from typing import Any
from uuid import UUID

from loyalty.rewards import catalogue
from loyalty.rewards.kinds import Money, Product, Terms
from loyalty.rewards.rules import Offer
from tests.factories.shop import START


def dollars(amount_minor: int) -> Money:
    return Money(amount_minor=amount_minor, currency="USD")


def wanted(cost_points: int | None = 10, terms: Terms | None = None, **more: Any) -> Offer:
    """An offer of goods, unless `terms` or `more` say otherwise."""
    return Offer(name={"en": "Mug"}, terms=terms or Product(sku="mug"), cost_points=cost_points, **more)


async def offer(offered: Offer, code: str = "mug", stock: int | None = None) -> UUID:
    """Put it on offer; answers its id."""
    return await catalogue.offer(code, offered, START, stock)
