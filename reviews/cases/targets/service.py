"""Which terms a cycle gets, and how they are kept for as long as it runs."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from core import db
from core.errors import NotFound
from reviews.cases.calendars import service as calendars
from reviews.cases.calendars.rules import Calendar
from reviews.cases.codes import CODE, NAME_LIMIT_CHARS
from reviews.cases.people import setter
from reviews.cases.targets import queries, rules
from reviews.cases.targets.rules import Policy, PolicyUnfit, Subject, Terms

LIMIT = 50


async def policies() -> list[Policy]:
    """The merchant's policies; the first that fits a case counts."""
    return [msgspec.json.decode(row["policy"], type=Policy) for row in await db.fetch(queries.POLICIES)]


async def put(policy: Policy, by: UUID | None, now: datetime) -> None:
    """Make a policy, at the end, or change it where it stands; for cycles that begin from now on.

    Raises PolicyUnfit or core.errors.Forbidden.
    """
    await setter(by)
    rules.check(policy)
    if not CODE.fullmatch(policy.code) or not 0 < len(policy.name) <= NAME_LIMIT_CHARS:
        raise PolicyUnfit("a code of small letters, digits and hyphens, and a name")
    known = {kept.code: kept.calendar for kept in await calendars.every()}
    if policy.calendar and policy.calendar not in known:
        raise PolicyUnfit(f"no calendar {policy.calendar}")
    if policy.calendar:
        rules.check_reach(policy.targets, known[policy.calendar], now)
    others = {each.code for each in await policies()}
    if len(others) >= LIMIT and policy.code not in others:
        raise PolicyUnfit(f"at most {LIMIT} policies")
    await db.execute(queries.PUT, policy.code, db.to_json(policy), policy.calendar or None, by, now)


async def order(codes: Sequence[str], by: UUID | None) -> None:
    """The order in which policies are looked at; those that are not named follow."""
    await setter(by)
    await db.execute(queries.ORDER, list(codes))


async def move(code: str, step: int, by: UUID | None) -> None:
    """Let a policy be looked at so many places later, or earlier where `step` is negative.

    Raises core.errors.NotFound or Forbidden.
    """
    await setter(by)
    codes = [each.code for each in await policies()]
    if code not in codes:
        raise NotFound(f"no policy {code}")
    place = max(0, codes.index(code) + step)
    codes.remove(code)
    codes.insert(place, code)
    await db.execute(queries.ORDER, codes)


async def remove(code: str, by: UUID | None) -> None:
    """Raises core.errors.NotFound or Forbidden."""
    await setter(by)
    if await db.fetchval(queries.REMOVE, code) is None:
        raise NotFound(f"no policy {code}")


async def terms_for(subjects: Sequence[Subject]) -> list[Terms]:
    """What a cycle that begins now is promised, for each case, in the open transaction."""
    written = await policies()
    kept = {each.code: each.calendar for each in await calendars.every()} if written else {}
    return [_terms(rules.choose(written, subject), kept, subject) for subject in subjects]


def _terms(policy: Policy | None, kept: Mapping[str, Calendar], subject: Subject) -> Terms:
    if policy is None:
        return rules.SHIPPED[subject.urgent]
    return Terms(policy.targets, policy.pauses, kept.get(policy.calendar), policy.code, policy.call)


async def subject_of(case_id: UUID, urgent: bool) -> Subject:
    """What chooses the policy of a case that begins a new cycle: nothing of it is answered yet."""
    row = await db.fetchrow(queries.SUBJECT, case_id)
    assert row is not None
    return Subject(**row, urgent=urgent)


async def keep(wanted: Iterable[Terms], now: datetime) -> dict[Terms, UUID]:
    """The ids under which these terms are kept, made where they are new."""
    texts = {terms: msgspec.json.encode(terms) for terms in set(wanted)}
    prints = {terms: hashlib.sha256(text).digest() for terms, text in texts.items()}
    ordered = sorted(texts, key=lambda terms: prints[terms])
    await db.execute(
        queries.KEEP, db.merchant_id(), [prints[each] for each in ordered],
        [texts[each].decode() for each in ordered], now,
    )  # fmt: skip
    rows = await db.fetch(queries.KEPT, db.merchant_id(), list(prints.values()))
    ids = {bytes(row["fingerprint"]): row["id"] for row in rows}
    return {terms: ids[each] for terms, each in prints.items()}


def read(kept: str | None, urgent: bool = False) -> Terms:
    """Terms as they were kept; clocks from before that have those that were shipped."""
    return msgspec.json.decode(kept, type=Terms) if kept else rules.SHIPPED[urgent]
