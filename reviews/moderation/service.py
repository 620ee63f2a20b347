"""Judge what was written here by the policy, let people decide what it holds, and let points follow."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from core import db
from core.errors import DomainError, Kind, NotFound
from core.ids import new_id
from core.webhooks import service as webhooks
from loyalty.earning.service import Written
from loyalty.rules.facts import ReviewFacts
from reviews.fraud import service as fraud
from reviews.moderation import queries, rules
from reviews.moderation.model import HIDES, Profile, Reason, Submission, Verdict
from reviews.points import service as points
from reviews.sources import FIRST_PARTY

Decision = Literal["approved", "hidden"]


class WordingChanged(DomainError):
    """Its author has written it anew since the page was loaded."""

    code = "wording_changed"
    kind = Kind.CONFLICT
    title = "The review has another wording by now"


class ReasonUnfit(DomainError):
    """A review is hidden for one of the reasons of the rules, and for nothing else."""

    code = "reason_unfit"
    kind = Kind.INVALID
    title = "This is no reason to hide a review"


class DeletionDisabled(DomainError):
    """On a marketplace only its author and its source take a review away; staff hide what is unlawful."""

    code = "deletion_disabled"
    kind = Kind.FORBIDDEN
    title = "Reviews cannot be taken away here"


class CustomerUnknown(DomainError):
    """Nobody has this id, or they are on the list already."""

    code = "insider_unknown"
    kind = Kind.INVALID
    title = "There is no such customer, or they are on the list"


# ---------------------------------------------------------------- the policy


async def judge(review_ids: Sequence[UUID], now: datetime) -> None:
    """Give points for, decide, and settle these reviews as far as they need it, in the open transaction.

    Whatever was decided before stays as it is; repeating it changes nothing.
    """
    rows = await db.fetch(queries.WORDINGS, list(set(review_ids)))
    live = [row for row in rows if row["state"] == "live"]
    earned = await points.submitted([_written(row) for row in live if row["member_id"]], now)
    verdicts = await _verdicts([row for row in live if row["moderation"] == "pending"], now)
    await _note_verdicts(verdicts, now)
    shown = {row["id"] for row, verdict in verdicts if verdict.moderation == "approved"}
    shown |= {row["id"] for row in live if row["moderation"] == "approved"}
    gone = {row["id"] for row in rows if row["state"] != "live" or row["moderation"] == "hidden"}
    paid = {row["id"] for row in rows if row["disclosure_journal_id"]} | set(earned)
    await points.approved(sorted(shown & paid), now)
    await points.withdrawn(sorted(gone & paid), now)


def _written(row: db.Row) -> Written:
    facts = ReviewFacts(
        product=row["product_sku"] or None, verified_purchase=row["verified"], has_photo=row["has_photo"]
    )
    return Written(review_id=row["id"], member_id=row["member_id"], facts=facts, at=row["written_at"])


async def compare(review_ids: Sequence[UUID], now: datetime) -> None:
    """Hold what repeats another customer's words, now that texts can be compared, in the open transaction.

    What a person has decided stays; what was not judged yet is held when it is.
    """
    found = await fraud.compare(review_ids, now)
    rows = await db.fetch(queries.SHOWN_BY_POLICY, found) if found else []
    if rows:
        detail = {"findings": [{"reason": "duplicate", "evidence": {"of": ""}}], "redacted": []}
        noted: list[Noted] = [(row["id"], row["version"], "held", "duplicate", detail) for row in rows]
        await _note("policy", None, noted, now)


async def _verdicts(rows: Sequence[db.Row], now: datetime) -> list[tuple[db.Row, Verdict]]:
    if not rows:
        return []
    ids = [row["id"] for row in rows]
    insiders = await _insiders([row["customer_id"] for row in rows if row["customer_id"]])
    repeats = await _repeats(rows)
    signals = await fraud.look(ids, now)
    hidden = {row["id"]: row["reason"] for row in await db.fetch(queries.HIDDEN_BEFORE, ids)}
    return [
        (
            row,
            rules.judge(
                Submission(
                    title=row["title"],
                    body=row["body"],
                    author=row["author"],
                    repeats=repeats.get(row["id"], ""),
                    insider=row["customer_id"] in insiders,
                    insider_disclosed=row["insider"],
                    hidden_before=hidden.get(row["id"], ""),
                    signals=signals.get(row["id"], ()),
                )
            ),
        )
        for row in rows
    ]


async def _insiders(customers: Sequence[UUID]) -> set[UUID]:
    return {row["id"] for row in await db.fetch(queries.INSIDERS, list(set(customers)))}


async def _repeats(rows: Sequence[db.Row]) -> dict[UUID, str]:
    """The earlier review with the same words, for each that has one."""
    words = {row["id"]: rules.letters(row["title"], row["body"]) for row in rows}
    long = [row for row in rows if words[row["id"]]]
    digests = [hashlib.sha256(words[row["id"]].encode()).digest() for row in long]
    ids = [row["id"] for row in long]
    await db.execute(queries.ADD_DIGESTS, ids, [row["version"] for row in long], digests)
    return {row["id"]: str(row["of"]) for row in await db.fetch(queries.REPEATS, ids, digests) if row["of"]}


async def _note_verdicts(verdicts: Sequence[tuple[db.Row, Verdict]], now: datetime) -> None:
    if not verdicts:
        return
    noted = [
        (row["id"], row["version"], verdict.moderation, verdict.reason, _detail(verdict))
        for row, verdict in verdicts
    ]
    await _note("policy", None, noted, now)


def _detail(verdict: Verdict) -> dict[str, Any]:
    found = [{"reason": each.reason, "evidence": each.evidence} for each in verdict.findings]
    return {"findings": found, "redacted": verdict.redacted}


Noted = tuple[UUID, int, str, Reason, Mapping[str, Any]]


async def _note(by: str, staff_id: UUID | None, noted: Sequence[Noted], now: datetime) -> None:
    """Write decisions down, and let them hold."""
    ids, versions, moderations, reasons, details = map(list, zip(*noted, strict=True))
    await db.execute(queries.SET, by, ids, moderations)
    written = [db.to_json(each) for each in details]
    keys = [new_id() for _ in ids]
    await db.execute(queries.NOTE, by, staff_id, now, keys, ids, versions, moderations, reasons, written)
    for moderation, type_ in (("approved", "review.published"), ("hidden", "review.hidden")):
        decided = [each[0] for each in noted if each[2] == moderation]
        await webhooks.emit(type_, decided, now)


# ---------------------------------------------------------------- people


async def decide(
    review_id: UUID, version: int, decision: Decision, reason: Reason, staff_id: UUID, now: datetime
) -> None:
    """One of the staff shows or hides a review, in the open transaction; both can be decided anew.

    `version` is the wording that they saw. Showing an insider's review discloses it. Raises NotFound,
    WordingChanged, ReasonUnfit or DeletionDisabled.
    """
    row = await db.fetchrow(queries.LOCK, review_id)
    if row is None or row["state"] != "live":
        raise NotFound(f"no review {review_id}")
    if row["version"] != version:
        raise WordingChanged()
    await _expect_allowed(decision, reason)
    if row["moderation"] == decision:
        return
    await _note("staff", staff_id, [(review_id, version, decision, reason, {})], now)
    if decision == "approved" and row["customer_id"] in await _insiders([row["customer_id"]]):
        await db.execute(queries.DISCLOSE_INSIDER, review_id)
    if row["disclosure_journal_id"]:
        await (points.approved if decision == "approved" else points.withdrawn)([review_id], now)


async def _expect_allowed(decision: Decision, reason: Reason) -> None:
    if decision == "approved":
        if reason != "passed":
            raise ReasonUnfit(reason)
        return
    if reason not in HIDES:
        raise ReasonUnfit(reason)
    if await profile() == "marketplace" and reason != "unlawful":
        raise DeletionDisabled()


async def expect_removable(source: str, by: Literal["author", "source"]) -> None:
    """The shop is the source of what is written here: on a marketplace it takes nothing of it away.

    Raises DeletionDisabled.
    """
    if source == FIRST_PARTY and by == "source" and await profile() == "marketplace":
        raise DeletionDisabled()


async def profile() -> Profile:
    """Who may take reviews away at this merchant's; `shop` until somebody says otherwise."""
    found: Profile | None = await db.fetchval(queries.PROFILE)
    return found or "shop"


async def set_profile(new: Profile, staff_id: UUID, now: datetime) -> None:
    """From now on; earlier settings stay on record."""
    if await profile() != new:
        await db.execute(queries.SET_PROFILE, new_id(), new, staff_id, now)


async def insiders() -> Sequence[db.Row]:
    """The list of those who belong to the shop: id, customer (the shop's id), note, added_by, added_at."""
    return await db.fetch(queries.LISTED)


async def add_insider(customer: str, note: str, staff_id: UUID, now: datetime) -> None:
    """Put a customer (the shop's id) on the list. Raises CustomerUnknown."""
    done = await db.execute(queries.LIST, new_id(), customer, note, staff_id, now)
    if done.endswith(" 0"):
        raise CustomerUnknown(customer)


async def remove_insider(listed: UUID, staff_id: UUID, now: datetime) -> None:
    """Take somebody off the list; that they were on it stays on record, and once more changes nothing.

    Raises core.errors.NotFound.
    """
    if not await db.fetchval(queries.UNLIST, listed, staff_id, now):
        raise NotFound("this entry of the list does not exist")
