"""From rewards and pools to what the studio's pages show; pure."""

from collections.abc import Sequence
from datetime import datetime

from admin.studio.reward_forms import KIND_CODES
from api.portal.offers import worth
from core.design import reward_views as views
from core.design.views import Notice
from core.i18n import Locale, in_language, mark, translator
from loyalty.rewards.catalogue import RewardView, VersionView
from loyalty.rewards.kinds import CashBack, kind_of
from loyalty.rewards.pools import PoolView

_NOTICES = {
    "made": ("good", mark("The reward is on offer.")),
    "changed": ("good", mark("The new version is live. Vouchers keep the one they were bought under.")),
    "stock": ("good", mark("The stock is saved.")),
    "on": ("good", mark("The reward is on offer.")),
    "off": ("good", mark("The reward is off the offer. Its vouchers stay good.")),
    "pool": ("good", mark("The pool is there. It is empty so far.")),
    "codes": ("good", mark("The codes are in the pool.")),
    "stock_invalid": ("problem", mark("Type a whole number, or nothing. Nothing was changed.")),
    "count_invalid": ("problem", mark("Type a number from 1 to 10,000. Nothing was changed.")),
    "pool_invalid": (
        "problem",
        mark("A pool's name has small letters, digits and hyphens. Nothing was changed."),
    ),
    "pool_exists": ("problem", mark("There is such a pool already. Nothing was changed.")),
    "code_pattern_invalid": (
        "problem",
        mark("A pattern has capital letters, digits, hyphens and question marks. Nothing was changed."),
    ),
    "code_pattern_too_short": (
        "problem",
        mark("Codes of this pattern could be guessed: give it more question marks. Nothing was changed."),
    ),
    "reward_changed": (
        "problem",
        mark("Somebody else has changed this reward. This is how it is now; nothing of yours was saved."),
    ),
}


def notices(code: str, locale: Locale) -> tuple[Notice, ...]:
    """What a page says after an action; nothing for a code that there are no words for."""
    if code not in _NOTICES:
        return ()
    kind_, text = _NOTICES[code]
    return (Notice(kind_, translator(locale).gettext(text)),)


def kind(found: RewardView) -> str:
    """The code of its kind."""
    return kind_of(found.terms)


def overview(
    found: Sequence[RewardView], stored: Sequence[PoolView], keys: Sequence[str], pool_keys: Sequence[str],
    locale: Locale, now: datetime,
) -> views.StudioRewards:  # fmt: skip
    """The list; the last of `pool_keys` is for a new pool. Empty keys: only to look at."""
    low = {pool.code for pool in stored if pool.low}
    return views.StudioRewards(
        rewards=tuple(
            _reward(each, key, each.pool in low, locale, now) for each, key in zip(found, keys, strict=True)
        ),
        pools=tuple(
            views.StudioPool(each.code, each.free, each.taken, each.low_water, each.low, key)
            for each, key in zip(stored, pool_keys[:-1], strict=True)
        ),
        kinds=KIND_CODES if pool_keys[-1] else (),
        pool_key=pool_keys[-1],
    )


def one(
    found: RewardView, form: views.RewardForm, versions: Sequence[VersionView], stock_key: str,
    locale: Locale, now: datetime,
) -> views.StudioRewardPage:  # fmt: skip
    """The page of a reward."""
    return views.StudioRewardPage(
        reward=_reward(found, "", False, locale, now),
        form=form,
        versions=tuple(
            views.RewardVersion(each.number, each.cost_points, each.created_at, each.created_by or "")
            for each in versions
        ),
        stock_key=stock_key,
    )


def _reward(found: RewardView, key: str, pool_low: bool, locale: Locale, now: datetime) -> views.StudioReward:
    return views.StudioReward(
        code=found.code,
        name=in_language(found.name, locale),
        kind=kind(found),
        worth=worth(found.terms, locale),
        price_points=found.cost_points,
        chosen=isinstance(found.terms, CashBack),
        stock=found.stock,
        state=_state(found, now),
        version=found.version,
        pool=found.pool or "",
        pool_low=pool_low,
        switch_key=key,
    )


def _state(found: RewardView, now: datetime) -> str:
    if not found.active:
        return "off"
    if found.offered_from and now < found.offered_from:
        return "later"
    if found.offered_until and now >= found.offered_until:
        return "over"
    return "on" if found.has_code and found.stock != 0 else "sold_out"
