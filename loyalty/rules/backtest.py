"""What a rule would have given, or gave, over stored events: one statement, whatever their number."""

from datetime import datetime
from typing import Any

import msgspec

from core import db, tenancy
from core.days import zone_of
from loyalty.rules import compile as compiled
from loyalty.rules import queries, service
from loyalty.rules.compile import Arguments
from loyalty.rules.model import Active, Rule
from loyalty.wallets.service import wallets as all_wallets

MOST = 10**18
"""More points than this are said to be so many."""


class Backtest(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule gives to one wallet: for how many events of how many members, and how many points.

    `points_due` is without its limit. Refunds are not in it: it is what was granted.
    """

    events: int
    members: int
    points: int
    points_due: int


def trial(rule: Rule, like: Active | None = None) -> Active:
    """A rule that is in force for ever, in the place of a rule that there is or as the youngest one."""
    if like is None:
        return Active(rule_id=service.NEWEST, version_id=service.NEWEST, version=0, code="", rule=rule)
    return msgspec.structs.replace(
        like, rule=rule, version_id=service.NEWEST, valid_from=None, valid_until=None
    )


async def backtest(tested: Active, start: datetime, end: datetime, wallet: str = "points") -> Backtest:
    """What a version gives for events from `start` until just before `end`, beside all others in force then.

    For a version in force it is what the ledger granted; a trial() takes the place of its rule's versions.
    Raises TimeZoneUnknown.
    """
    others = [
        each
        for each in await service.in_force(start, end)
        if each.version_id != tested.version_id
        and not (tested.version_id == service.NEWEST and each.rule_id == tested.rule_id)
    ]
    earning = {each.code: each.earns_on_orders for each in await all_wallets()}
    rules = [
        each
        for each in [*others, tested]
        if compiled.of_orders(each) == compiled.of_orders(tested)
        and each.rule.gives_to(wallet, earning.get(wallet, False))
    ]
    zone = (await tenancy.shop()).time_zone
    zone_of(zone)  # raises what PostgreSQL would say less clearly
    args = Arguments(zone, end)
    source = queries.ORDER_FACTS if compiled.of_orders(tested) else queries.EVENT_FACTS
    given = compiled.points(rules, wallet, zone, args)
    row: Any = await db.fetchrow(
        f"""
        WITH {source}
        SELECT count(*) FILTER (WHERE points > 0) AS events,
               count(DISTINCT member_id) FILTER (WHERE points > 0) AS members,
               least(coalesce(sum(points), 0), {MOST})::bigint AS points,
               least(coalesce(sum(points_due), 0), {MOST})::bigint AS points_due
        FROM ({given}) given WHERE version_id = {args.add(tested.version_id, "uuid")}
          AND occurred_at >= {args.add(start, "timestamptz")}
        """,
        *args.values,
    )
    return Backtest(**row)
