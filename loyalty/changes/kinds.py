"""What goes live by a change: tier sets, earning rules, wallets, campaigns. One shape for the four."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

import msgspec

from core.errors import NotFound
from loyalty.campaigns import service as campaigns
from loyalty.campaigns.rules import Campaign
from loyalty.changes.errors import ChangeOnce
from loyalty.programme import service as programme
from loyalty.rules import service as rules
from loyalty.rules.model import Rule
from loyalty.tiers import service as tiers
from loyalty.tiers.outlook import say_moves
from loyalty.tiers.rules import TierSet, check
from loyalty.tiers.service import Seen
from loyalty.wallets import service as wallets

KindCode = Literal["tiers", "rule", "wallet", "campaign"]
KINDS: tuple[KindCode, ...] = get_args(KindCode)


class Done(msgspec.Struct, frozen=True):
    """The number of the version that a change became; which moves it made."""

    version: int
    moved: str = ""


class Versioned(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind is checked, read and put in force."""

    type: Any
    """Of the definition."""
    lock: Callable[[str], Awaitable[None]]
    """Nobody else puts a version in force until the transaction ends; what is read after it stays so."""
    check: Callable[[Any, datetime], Awaitable[None]]
    current: Callable[[str], Awaitable[int]]
    """Number of the version that is live; 0: none."""
    at: Callable[[str, int], Awaitable[Any]]
    """The definition in a version. Raises NotFound."""
    again: Callable[[str], Awaitable[None]]
    """Raises why what the subject said before cannot be published anew: it begins once."""
    publish: Callable[[str, Any, Seen | None, UUID | None, datetime], Awaitable[Done]]


async def _any_time(_: str) -> None:
    """It can always be published anew."""


async def _lock_tiers(_: str) -> None:
    await tiers.lock(None)


async def _check_tiers(wanted: TierSet, _: datetime) -> None:
    check(wanted)


async def _live_number(_: str) -> int:
    return (await programme.live()).number


async def _tiers_at(code: str, number: int) -> TierSet:
    for version in await programme.versions():
        if version.number == number and (found := version.tier_set(code)):
            return found
    raise NotFound(f"version {number} has no tier set {code}")


async def _publish_tiers(_: str, wanted: TierSet, seen: Seen | None, by: UUID | None, now: datetime) -> Done:
    """Whom it moves is what was seen; on a date, when nobody looks, whoever is due then."""
    version, found = await tiers.put_in_force(wanted, seen, by, now)
    return Done(version.number, say_moves(found.cells))


async def _check_rule(wanted: Rule, _: datetime) -> None:
    """Raises as rules.check_saved() does."""
    await rules.check_saved(wanted)


async def _rule_number(code: str) -> int:
    return next((each.version for each in await rules.versions(code) if each.state == "published"), 0)


async def _rule_at(code: str, number: int) -> Rule:
    return (await rules.numbered(code, number)).rule


async def _publish_rule(code: str, wanted: Rule, _: Seen | None, by: UUID | None, now: datetime) -> Done:
    drafts = [each for each in await rules.versions(code) if each.state == "draft" and each.rule == wanted]
    draft = drafts[0] if drafts else await rules.revise(code, wanted, now, by)
    return Done((await rules.publish(draft.version_id, now)).version)


async def _check_wallet(wanted: wallets.Rules, _: datetime) -> None:
    """Raises SettlingEventUnknown."""
    wallets.check(wanted)


async def _wallet_number(code: str) -> int:
    return (await wallets.get(code)).version


async def _wallet_at(code: str, number: int) -> wallets.Rules:
    for each in await wallets.versions(code):
        if each.number == number:
            return wallets.Rules(**{name: getattr(each, name) for name in wallets.Rules.__struct_fields__})
    raise NotFound(f"wallet {code} has no version {number}")


async def _publish_wallet(
    code: str, wanted: wallets.Rules, _: Seen | None, by: UUID | None, now: datetime
) -> Done:
    return Done((await wallets.change(code, wanted, now, by=by)).version)


async def _campaign_number(code: str) -> int:
    """A campaign goes live once: it is its own first version, and the last."""
    return 0 if (await campaigns.get(code)).state == "draft" else 1


async def _campaign_at(code: str, number: int) -> Campaign:
    if not number or number != await _campaign_number(code):
        raise NotFound(f"campaign {code} has no version {number}")
    return (await campaigns.get(code)).campaign


async def _campaign_again(code: str) -> None:
    """Raises ChangeOnce."""
    raise ChangeOnce(f"campaign {code} begins once")


async def _publish_campaign(
    code: str, wanted: Campaign, _: Seen | None, __: UUID | None, now: datetime
) -> Done:
    """What a campaign says never changes: it is what was approved."""
    await campaigns.publish(code, now)
    return Done(1)


VERSIONED: dict[KindCode, Versioned] = {
    "tiers": Versioned(
        type=TierSet,
        lock=_lock_tiers,
        check=_check_tiers,
        current=_live_number,
        at=_tiers_at,
        again=_any_time,
        publish=_publish_tiers,
    ),
    "rule": Versioned(
        type=Rule,
        lock=rules.lock,
        check=_check_rule,
        current=_rule_number,
        at=_rule_at,
        again=rules.refuse_of_campaign,
        publish=_publish_rule,
    ),
    "wallet": Versioned(
        type=wallets.Rules,
        lock=wallets.lock,
        check=_check_wallet,
        current=_wallet_number,
        at=_wallet_at,
        again=_any_time,
        publish=_publish_wallet,
    ),
    "campaign": Versioned(
        type=Campaign,
        lock=campaigns.lock,
        check=campaigns.check,
        current=_campaign_number,
        at=_campaign_at,
        again=_campaign_again,
        publish=_publish_campaign,
    ),
}
