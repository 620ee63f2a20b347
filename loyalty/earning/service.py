"""Events other than orders become points: shop's own events, reviews, referrals, birthdays, profiles."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from core import db, tenancy
from core.days import start_of_day, zone_of
from loyalty.earning import queries
from loyalty.earning.posting import Claim, make, segments_in
from loyalty.earning.rules import Due, InForce, Occasion, parts
from loyalty.ledger import AnyCommand, Clawback, Settle, post
from loyalty.ledger.commands import unasked
from loyalty.programme import service as programme
from loyalty.rules import service as rules_of
from loyalty.rules.facts import (
    CustomFacts,
    Facts,
    Happening,
    MemberFacts,
    MomentFacts,
    ReferralFacts,
    ReviewFacts,
)
from loyalty.rules.model import Active, Review
from loyalty.segments import service as segments
from loyalty.wallets.rules import Wallet
from loyalty.wallets.service import wallets as all_wallets

CATCH_UP_DAYS = 3
"""So many days back a birthday is still given, should the sweep have been down."""


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a member. `key` names it for ever; hearing of it again changes nothing.

    `pending`: the points wait for settle() or take_back().
    """

    key: str
    member_id: UUID
    at: datetime
    what: Happening
    pending: bool = False

    @property
    def trigger(self) -> str:
        """The tag of the triggers that wait for it."""
        match self.what:
            case CustomFacts():
                return "custom_event"
            case ReviewFacts():
                return "review"
            case ReferralFacts():
                return "referral"
            case MomentFacts(name=name):
                return name
        raise TypeError("orders are counted by loyalty.orders")

    @property
    def name(self) -> str:
        """Which of its trigger's events it is."""
        match self.what:
            case CustomFacts(name=name):
                return name
            case ReferralFacts(side=side):
                return side
        return ""

    @property
    def data(self) -> Any:
        """What its conditions look at."""
        return self.what.data if isinstance(self.what, CustomFacts) else self.what


async def happened(events: Sequence[Happened], now: datetime) -> int:
    """Note what happened and post what rules give for it, in the open transaction; answers how many were new.

    Before there is a programme nothing is noted. Raises what the ledger refuses.
    """
    terms = await programme.live_terms()
    if not events or terms is None:
        return 0
    times = [each.at for each in events]
    rules = await rules_of.in_force(min(times), max(times))
    within = await segments.memberships(segments_in(rules), [each.member_id for each in events], now)
    rows = await db.fetch(
        queries.ADD_EVENTS,
        [each.key for each in events],
        [each.trigger for each in events],
        [each.name for each in events],
        [each.member_id for each in events],
        times,
        now,
        [db.to_json(each.data) for each in events],
        list(terms.multipliers),
        list(terms.multipliers.values()),
        [db.to_json(sorted(within.get(each.member_id, ()))) for each in events],
    )
    by_key = {each.key: each for each in events}
    await _earn([(by_key[row["key"]], row) for row in rows], rules, now)
    return len(rows)


async def _earn(new: Sequence[tuple[Happened, db.Row]], rules: Sequence[Active], now: datetime) -> None:
    if not new or not rules:
        return
    wallets = await all_wallets()
    off = await _switched_off(rules)
    claims = [Claim(id=row["id"], member_id=row["member_id"], at=each.at, fresh=True) for each, row in new]

    def plan(place: int, known: InForce) -> Due:
        each, row = new[place]
        dry = {**known.dry, **off}
        return _due(each, row, wallets, msgspec.structs.replace(known, dry=dry))

    await make(claims, rules, wallets, plan, now)


async def _switched_off(rules: Sequence[Active]) -> dict[UUID | None, str]:
    """Rules for reviews give nothing while the programme's setting says so."""
    of_reviews = [each.rule_id for each in rules if isinstance(each.rule.trigger, Review)]
    if not of_reviews or (await rules_of.settings()).review_points:
        return {}
    return dict.fromkeys(of_reviews, "review_points_off")


def _due(event: Happened, row: db.Row, wallets: Sequence[Wallet], rules: InForce) -> Due:
    made = []
    for wallet in wallets:
        occasion = Occasion(
            key=str(row["id"]),
            member_id=row["member_id"],
            joined_at=row["joined_at"],
            facts=_facts(event, row, zone_of(wallet.zone)),
            reason={
                "rule": event.trigger,
                "event": event.name or event.trigger,
                "event_id": str(row["id"]),
                "tier": row["tier_code"],
            },
        )
        made += parts(occasion, wallet, rules, event.pending, None)
    return Due(
        commands=tuple(part.earn for part in made),
        uses=tuple(use for part in made for use in part.uses),
        campaigns=tuple(dict.fromkeys(part.campaign_id for part in made if part.campaign_id)),
    )


def _facts(event: Happened, row: db.Row, zone: ZoneInfo) -> Facts:
    member = MemberFacts(
        joined_at=row["joined_at"],
        tier_code=row["tier_code"],
        multiplier_percent=row["multiplier_percent"],
        segments=frozenset(row["segments"]),
    )
    local_at = event.at.astimezone(zone).replace(tzinfo=None)
    return Facts(occurred_at=event.at, local_at=local_at, member=member, what=event.what)


async def settle(keys: Sequence[str], at: datetime, now: datetime) -> None:
    """What is pending of these events' points becomes active; an event nobody knows changes nothing."""
    commands: list[AnyCommand] = [
        Settle(
            key=f"settle:{row['key']}",
            member=row["member_id"],
            wallet=row["wallet"],
            parent=row["key"],
            effective_at=at,
            reason={"rule": "settling"},
        )
        for row in await db.fetch(queries.EARNS_OF_EVENTS, list(keys))
        if row["points_pending"]
    ]
    await post(commands, now)


async def take_back(keys: Sequence[str], why: Mapping[str, Any], at: datetime, now: datetime) -> None:
    """All points of these events are taken back, by the policy of their wallets; repeating it changes
    nothing. Where the policy forbids a debt, what was spent is let go: nobody asks who could be refused."""
    commands: list[AnyCommand] = [
        Clawback(
            key=f"clawback:{row['key']}",
            member=row["member_id"],
            wallet=row["wallet"],
            parent=row["key"],
            points=row["points_left"],
            policy=unasked(row["debt_policy"]),
            effective_at=at,
            reason=dict(why),
        )
        for row in await db.fetch(queries.EARNS_OF_EVENTS, list(keys))
        if row["points_left"]
    ]
    await post(commands, now)


# ---------------------------------------------------------------- reviews


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A review that a member wrote here, and when."""

    review_id: UUID
    member_id: UUID
    facts: ReviewFacts
    at: datetime


async def reviews_submitted(written: Sequence[Written], now: datetime) -> dict[UUID, UUID]:
    """Members wrote these reviews: points are pending until each is approved, the same whatever it says.

    Answers the ledger entry that gave points for a review, now or before, for those that earned any. Only
    for reviews written here: points for one that lives elsewhere are not allowed.
    """
    by_key = {_review_key(each.review_id): each for each in written}
    await happened(
        [
            Happened(key=key, member_id=each.member_id, at=each.at, what=each.facts, pending=True)
            for key, each in by_key.items()
        ],
        now,
    )
    rows = await db.fetch(queries.EARNS_OF_EVENTS, list(by_key))
    return {by_key[row["event_key"]].review_id: row["journal_id"] for row in reversed(rows)}


async def reviews_approved(review_ids: Sequence[UUID], at: datetime, now: datetime) -> None:
    """These reviews stand: their points become active."""
    await settle([_review_key(each) for each in review_ids], at, now)


async def reviews_removed(review_ids: Sequence[UUID], at: datetime, now: datetime) -> None:
    """These reviews were withdrawn or refused: their points are taken back. Nobody must keep a review up
    because its points were spent."""
    keys = [_review_key(each) for each in review_ids]
    await take_back(keys, {"rule": "review_removed"}, at, now)


def _review_key(review_id: UUID) -> str:
    return f"review:{review_id}"


# ---------------------------------------------------------------- events of the shop, members, birthdays


async def custom_events(
    events: Sequence[tuple[str, str, str, datetime, Mapping[str, Any]]], now: datetime
) -> None:
    """Custom events as (source, id, type, when, data); one whose `customer_id` is no member gives nothing."""
    named = {str(data["customer_id"]) for *_, data in events if isinstance(data.get("customer_id"), str)}
    if not named:
        return
    rows = await db.fetch(queries.MEMBERS_OF, sorted(named))
    members = {row["external_id"]: row["id"] for row in rows}
    await happened(
        [
            Happened(
                key=_event_key(source, event_id),
                member_id=members[data["customer_id"]],
                at=at,
                what=CustomFacts(name=kind, data=data),
            )
            for source, event_id, kind, at, data in events
            if data.get("customer_id") in members
        ],
        now,
    )


def _event_key(source: str, event_id: str) -> str:
    """Source and id may be longer than a key, and contain anything."""
    return "event:" + hashlib.sha256(f"{source}\x00{event_id}".encode()).hexdigest()


async def enrolled(members: Sequence[tuple[UUID, datetime]], now: datetime) -> None:
    """These became members (id, when)."""
    await happened([_moment("enrolment", member, at, "") for member, at in members], now)


async def profiles_changed(customers: Sequence[UUID], at: datetime, now: datetime) -> None:
    """Whoever of these has said everything by now completed the profile: e-mail, name and birthday."""
    rows = await db.fetch(queries.COMPLETE_PROFILES, list(customers))
    await happened([_moment("profile_completed", row["id"], at, "") for row in rows], now)


async def birthdays(now: datetime) -> int:
    """Note today's birthdays in the merchant's zone; answers how many were new. Once a year and member."""
    zone = zone_of((await tenancy.shop()).time_zone)
    today = now.astimezone(zone).date()
    found = 0
    for back in range(CATCH_UP_DAYS):
        day = today - timedelta(days=back)
        rows = await db.fetch(queries.BIRTHDAYS, _celebrated(day), day.year)
        at = start_of_day(day, zone)
        found += await happened([_moment("birthday", row["id"], at, f":{day.year}") for row in rows], now)
    return found


def _celebrated(day: date) -> list[str]:
    """Which birthdays are on this day: those of 29 February on the 28th of a year without one."""
    short = (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3
    return [f"{day:%m-%d}", "02-29"] if short else [f"{day:%m-%d}"]


def _moment(name: str, member_id: UUID, at: datetime, which: str) -> Happened:
    return Happened(key=f"{name}:{member_id}{which}", member_id=member_id, at=at, what=MomentFacts(name=name))
