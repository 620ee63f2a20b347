"""Rewards and vouchers as the portal's pages show them; pure."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from api.portal import qr
from api.portal.words import Names
from core.design import portal_views
from core.design.formats import formats
from core.i18n import Locale, in_language, translator
from loyalty.rewards.kinds import (
    AmountOff,
    CashBack,
    Donation,
    Experience,
    GiftCard,
    Money,
    PercentOff,
    Product,
    Shipping,
    StoreCredit,
    Terms,
    kind_of,
)
from loyalty.rewards.quotes import Quote
from loyalty.rewards.rules import over
from loyalty.rewards.vouchers import VoucherView

MEMBERS_REMEMBERED = 512
_STATES = {
    "member_left": "left",
    "reward_not_on_now": "later",
    "reward_tier_locked": "tier_locked",
    "reward_limit_reached": "limit_reached",
    "reward_sold_out": "sold_out",
    "code_pool_empty": "sold_out",
    "points_insufficient": "short",
}


def rewards(
    quotes: Sequence[Quote], keys: Sequence[str], tiers: Names, locale: Locale, now: datetime
) -> tuple[portal_views.Reward, ...]:
    """The rewards of a page, each form with a key of its own; what is over, or for others, is left out."""
    return tuple(
        _reward(quote, key, tiers, locale)
        for quote, key in zip(quotes, keys, strict=True)
        if not over(quote.reward, now)
        and "reward_segment_locked" not in {refusal.code for refusal in quote.refusals}
    )


def _reward(quote: Quote, key: str, tiers: Names, locale: Locale) -> portal_views.Reward:
    found = quote.reward
    first = quote.refusals[0] if quote.refusals else None
    state = _STATES[first.code] if first else "affordable"
    period = first.figures.get("period") if first else None
    return portal_views.Reward(
        id=str(found.id),
        name=in_language(found.name, locale),
        description=in_language(found.description, locale),
        kind=kind_of(found.terms),
        price_points=quote.cost_points,
        state=state,
        short_points=quote.short_points,
        tier_needed=next((tiers[code] for code in found.tiers if code in tiers), ""),
        stock_left=found.stock,
        redeem_key=key if quote.allowed else "",
        version=found.version,
        worth=worth(found.terms, locale),
        choice=_choice(found.terms, quote, locale) if quote.allowed else None,
        begins_at=found.offered_from,
        limit_period=period or "",
    )


def _choice(terms: Terms, quote: Quote, locale: Locale) -> portal_views.PointsChoice | None:
    """Up to what the member has; None where there is nothing to choose."""
    if not isinstance(terms, CashBack):
        return None
    spendable = quote.cost_points + quote.points_after
    most = min(terms.max_points, spendable - spendable % terms.step_points)
    return portal_views.PointsChoice(terms.min_points, most, terms.step_points, worth(terms, locale))


def nearest(found: Sequence[portal_views.Reward]) -> portal_views.Reward | None:
    """The dearest reward in reach, else the one that the least is missing for."""
    affordable = [each for each in found if each.state == "affordable"]
    if affordable:
        return max(affordable, key=lambda each: each.price_points)
    short = [each for each in found if each.state == "short"]
    return min(short, key=lambda each: each.short_points, default=None)


def voucher(found: VoucherView, key: str, locale: Locale) -> portal_views.Voucher:
    """A voucher that was issued; its price is what was paid, whatever the reward costs by now."""
    assert found.issued_at and found.code  # what is only held is not shown
    unused = found.worth is None or found.worth_left_minor == found.worth.amount_minor
    return portal_views.Voucher(
        id=str(found.id),
        reward=in_language(found.reward_name, locale),
        code=found.code,
        state=found.state,
        price_points=found.cost_points,
        issued_at=found.issued_at,
        expires_at=found.expires_at,
        used_at=found.used_at,
        cancel_key=key if found.state == "issued" and unused else "",
        worth=_money(found.worth, locale) if found.worth else worth(found.terms, locale),
        left="" if unused or not found.worth else _left(found, found.worth, locale),
        qr_svg=_picture(found, locale),
        kind=kind_of(found.terms),
    )


def _picture(found: VoucherView, locale: Locale) -> str:
    """While there is something to show at a till."""
    if found.state != "issued" or not found.code:
        return ""
    return qr.svg(found.code, translator(locale).gettext("Your code %(code)s as a QR code", code=found.code))


@lru_cache(MEMBERS_REMEMBERED)
def member_picture(external_id: str, locale: Locale) -> str:
    """What a till scans to know the member; the same on every visit of their home."""
    title = translator(locale).gettext("Your member code %(code)s as a QR code", code=external_id)
    return qr.svg(external_id, title)


def _left(found: VoucherView, whole: Money, locale: Locale) -> str:
    return formats(locale).money(found.worth_left_minor or 0, whole.currency)


def worth(terms: Terms, locale: Locale) -> str:
    """What the shop owes for a reward, in words; empty: the reward's own name says it."""
    words = translator(locale)
    match terms:
        case PercentOff():
            text = words.gettext(
                "%(share)s off one order", share=formats(locale).percent(terms.percent / 100)
            )
            return _bounded(text, terms.at_most, terms.order_from, locale)
        case AmountOff():
            text = words.gettext("%(amount)s off one order", amount=_money(terms.amount, locale))
            return _bounded(text, None, terms.order_from, locale)
        case Shipping() if terms.at_most:
            return words.gettext("Delivery up to %(amount)s", amount=_money(terms.at_most, locale))
        case GiftCard():
            return words.gettext("A gift card of %(amount)s", amount=_money(terms.amount, locale))
        case StoreCredit():
            return words.gettext("%(amount)s to spend in the shop", amount=_money(terms.amount, locale))
        case Donation():
            amount = _money(terms.amount, locale)
            return words.gettext("%(amount)s for %(recipient)s", amount=amount, recipient=terms.recipient)
        case CashBack():
            points = formats(locale).points(terms.step_points)
            return words.gettext(
                "%(amount)s for every %(points)s", amount=_money(terms.step_amount, locale), points=points
            )
        case Product() if terms.quantity > 1:
            return words.gettext("%(number)s pieces", number=formats(locale).number(terms.quantity))
        case Experience():
            return terms.place
        case _:
            return ""


def _bounded(text: str, at_most: Money | None, order_from: Money | None, locale: Locale) -> str:
    words = translator(locale)
    parts = [text]
    if at_most:
        parts.append(words.gettext("at most %(amount)s", amount=_money(at_most, locale)))
    if order_from:
        parts.append(words.gettext("on orders from %(amount)s", amount=_money(order_from, locale)))
    return " · ".join(parts)


def _money(amount: Money, locale: Locale) -> str:
    return formats(locale).money(amount.amount_minor, amount.currency)
