"""What clients were told, against what is there: each acknowledged request happened, and happened once."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from tests.chaos.verifier.findings import Finding, Kind

Said = dict[str, Any]
"""One line of the clients' journal: `op`, `mark` (a text that is nobody else's), `sent`, `answer`."""

POSTINGS = """
    SELECT id, verb::text AS verb, points, parent_id, reason ->> 'note' AS mark FROM ledger_journal
    WHERE merchant_id = $1
"""
EVENTS = "SELECT event_id AS mark, 0 AS points, id FROM events WHERE merchant_id = $1"
VOUCHERS = "SELECT id, id::text AS mark, state, points FROM vouchers WHERE merchant_id = $1"
REVIEWS = "SELECT id, external_id AS mark, version AS points, state FROM reviews WHERE merchant_id = $1"
MESSAGES = "SELECT id, kind, body AS mark, 0 AS points FROM case_messages WHERE merchant_id = $1"
REMEDIES = """
    SELECT g.id, g.message AS mark, coalesce(j.points, 0) AS points
    FROM case_remedies g LEFT JOIN ledger_journal j ON j.id = g.journal_id WHERE g.merchant_id = $1
"""

Found = dict[str, list[asyncpg.Record]]


async def check(connection: asyncpg.Connection, merchant: UUID, said: Sequence[Said]) -> list[Finding]:
    """`said`: the journal of all clients, acknowledged requests only."""
    by_op: dict[str, list[Said]] = defaultdict(list)
    for each in said:
        by_op[each["op"]].append(each)
    postings = await connection.fetch(POSTINGS, merchant)
    found: list[Finding] = []
    for op, verb in (("earn", "earn"), ("hold", "hold")):
        found += _once(op, by_op[op], _by_mark(row for row in postings if row["verb"] == verb))
    for op in ("capture", "release"):
        found += _parts(op, by_op[op], [row for row in postings if row["verb"] == op])
    for op, sql in (("event", EVENTS), ("redeem", VOUCHERS), ("goodwill", REMEDIES)):
        found += _once(op, by_op[op], _by_mark(await connection.fetch(sql, merchant)))
    found += _cancelled(by_op["cancel"], await connection.fetch(VOUCHERS, merchant))
    found += _reviews(by_op["review"], by_op["removal"], await connection.fetch(REVIEWS, merchant))
    messages = await connection.fetch(MESSAGES, merchant)
    for op in ("note", "public_reply", "private_message"):
        found += _once(op, by_op[op], _by_mark(row for row in messages if row["kind"] == op))
    return found


def _by_mark(rows: Any) -> Found:
    found: Found = defaultdict(list)
    for row in rows:
        if row["mark"]:
            found[row["mark"]].append(row)
    return found


def _once(op: str, said: Sequence[Said], found: Found) -> Iterator[Finding]:
    """One row for each mark that was acknowledged, with the points that were answered; no row of another."""
    asked = {each["mark"]: each for each in said}
    for mark, each in asked.items():
        rows = found.get(mark, [])
        if not rows:
            yield Finding("lost", op, mark)
        elif len(rows) > 1:
            yield Finding("doubled", op, mark)
        elif each.get("points") and rows[0]["points"] != each["points"]:
            yield Finding("wrong", f"points of {op}", mark)
    for mark in found.keys() - asked.keys():
        yield Finding("doubled", f"{op} that nobody was told of", mark)


def _parts(op: str, said: Sequence[Said], rows: Sequence[asyncpg.Record]) -> Iterator[Finding]:
    """Of each hold, as many captures and releases as were acknowledged, of the same points."""
    asked = Counter((each["of"], each["points"]) for each in said)
    there = Counter((str(row["parent_id"]), row["points"]) for row in rows)
    for part in asked.keys() | there.keys():
        if part not in (asked & there) or asked[part] != there[part]:
            kind: Kind = "lost" if asked[part] > there[part] else "doubled"
            yield Finding(kind, op, f"{part[1]} points of {part[0]}")


def _cancelled(said: Sequence[Said], vouchers: Sequence[asyncpg.Record]) -> Iterator[Finding]:
    states = {row["mark"]: row["state"] for row in vouchers}
    asked = {each["mark"] for each in said}
    for mark in asked:
        if states.get(mark) != "cancelled":
            yield Finding("lost", "cancel", mark)
    for mark, state in states.items():
        if state == "cancelled" and mark not in asked:
            yield Finding("doubled", "cancel that nobody asked for", mark)


def _reviews(
    said: Sequence[Said], removed: Sequence[Said], rows: Sequence[asyncpg.Record]
) -> Iterator[Finding]:
    """As many wordings of each review as were acknowledged; a tombstone where it was removed."""
    wordings = Counter(each["mark"] for each in said)
    gone = {each["mark"] for each in removed}
    found = {row["mark"]: row for row in rows}
    for mark, versions in wordings.items():
        there = found[mark]["points"] if mark in found else 0
        if there != versions:
            yield Finding("lost" if there < versions else "doubled", "wording of a review", mark)
    for mark, row in found.items():
        if mark not in wordings:
            yield Finding("doubled", "review that nobody was told of", mark)
        if (row["state"] == "tombstone") != (mark in gone):
            yield Finding("lost" if mark in gone else "doubled", "removal", mark)
