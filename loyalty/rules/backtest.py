"""What a rule would have given, or gave, over stored events: one statement, whatever their number."""

from datetime import datetime
from typing import Any
from uuid import UUID

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
PART_TIMEOUT_S = 280


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


class Members(msgspec.Struct, frozen=True):
    """Members by id, from `low` until just before `high`; None: no bound."""

    low: UUID | None = None
    high: UUID | None = None


EVERYBODY = Members()


async def backtest(tested: Active, start: datetime, end: datetime, wallet: str = "points") -> Backtest:
    """What a version gives for events from `start` until just before `end`, beside all others in force then.

    For a version in force it is what the ledger granted; a trial() takes the place of its rule's versions.
    Raises TimeZoneUnknown.
    """
    sql, args = await _given(tested, start, end, wallet, EVERYBODY)
    row: Any = await db.fetchrow(f"{sql} SELECT {_SUMS} FROM tested", *args.values)
    return Backtest(**row)


async def by_month(
    tested: Active, start: datetime, end: datetime, wallet: str, members: Members = EVERYBODY
) -> dict[str, Backtest]:
    """The same by month of the merchant's ("2026-04"), and in all (""). Raises TimeZoneUnknown.

    Sums of disjoint parts of the members are those of all of them: limits are of one member.
    """
    sql, args = await _given(tested, start, end, wallet, members)
    month = "to_char(occurred_at AT TIME ZONE $1::text, 'YYYY-MM')"
    rows = await db.connection().fetch(
        f"{sql} SELECT coalesce({month}, '') AS month, {_SUMS} FROM tested GROUP BY ROLLUP ({month})",
        *args.values,
        timeout=PART_TIMEOUT_S,
    )
    names = Backtest.__struct_fields__
    return {row["month"]: Backtest(**{name: row[name] for name in names}) for row in rows}


async def granted(version_id: UUID, start: datetime, end: datetime, wallet: str) -> int:
    """What the ledger granted for a version, for events from `start` until just before `end`."""
    values = (str(version_id), wallet, start, end)
    return int(await db.connection().fetchval(queries.GRANTED, *values, timeout=PART_TIMEOUT_S))


_SUMS = f"""
    count(*) FILTER (WHERE points > 0) AS events,
    count(DISTINCT member_id) FILTER (WHERE points > 0) AS members,
    least(coalesce(sum(points), 0), {MOST})::bigint AS points,
    least(coalesce(sum(points_due), 0), {MOST})::bigint AS points_due
"""


async def _given(
    tested: Active, start: datetime, end: datetime, wallet: str, members: Members
) -> tuple[str, Arguments]:
    """`tested`: what one version gives for each event, and its arguments."""
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
    some = "".join(
        f" AND m.id {sign} {args.add(bound, 'uuid')}"
        for sign, bound in ((">=", members.low), ("<", members.high))
        if bound
    )
    given = compiled.points(rules, wallet, zone, args)
    tested_id, first = args.add(tested.version_id, "uuid"), args.add(start, "timestamptz")
    sql = f"""
        WITH {source.format(some=some)}, tested AS (
            SELECT * FROM ({given}) given WHERE version_id = {tested_id} AND occurred_at >= {first})
    """
    return sql, args
