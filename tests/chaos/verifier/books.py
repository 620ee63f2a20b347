"""The points ledger, from its entries alone: balances, lots, holds, debts, budgets, the chain of hashes."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from tests.chaos.verifier.findings import Finding

SIDES = ("pending", "active", "held", "debt")
GAVE = {"clawback", "void"}
LET_GO = {"capture", "release"}
FOREVER = date.min

Row = asyncpg.Record
Lot = tuple[UUID, int]


class Books:
    """Everything of one merchant's ledger, read once."""

    def __init__(self, rows: dict[str, Sequence[Row]]) -> None:
        self.accounts = {row["id"]: row for row in rows["accounts"]}
        self.journal = rows["journal"]
        self.lots = {(row["journal_id"], row["line"]): row for row in rows["lots"]}
        self.holds = {row["journal_id"]: row for row in rows["holds"]}
        self.dues, self.slots = rows["dues"], rows["slots"]
        self.uses, self.shares = rows["uses"], rows["shares"]
        self.entries: dict[UUID, list[Row]] = defaultdict(list)
        for entry in rows["entries"]:
            self.entries[entry["journal_id"]].append(entry)
        self.children: dict[UUID, Counter[str]] = defaultdict(Counter)
        for row in self.journal:
            if row["parent_id"]:
                self.children[row["parent_id"]][row["verb"]] += row["points"]

    def all_entries(self) -> Iterator[Row]:
        """Of every posting."""
        for entries in self.entries.values():
            yield from entries


STATEMENTS = {
    "accounts": "SELECT * FROM ledger_accounts WHERE merchant_id = $1",
    "journal": "SELECT *, verb::text AS verb, reason::text AS said FROM ledger_journal"
    " WHERE merchant_id = $1 ORDER BY account_id, seq",
    "entries": "SELECT *, debit::text AS debit, credit::text AS credit FROM ledger_entries"
    " WHERE merchant_id = $1 ORDER BY journal_id, line",
    "lots": "SELECT * FROM ledger_lots WHERE merchant_id = $1",
    "holds": "SELECT * FROM ledger_holds WHERE merchant_id = $1",
    "dues": "SELECT *, payer::text AS payer FROM ledger_dues WHERE merchant_id = $1",
    "slots": "SELECT * FROM ledger_budget_slots WHERE merchant_id = $1",
    "uses": "SELECT * FROM ledger_budget_uses WHERE merchant_id = $1",
    "shares": "SELECT * FROM ledger_budget_members WHERE merchant_id = $1",
}


async def read(connection: asyncpg.Connection, merchant: UUID) -> Books:
    """The books of a merchant, all of one moment if the connection is in a snapshot."""
    return Books({name: await connection.fetch(sql, merchant) for name, sql in STATEMENTS.items()})


def check(books: Books) -> Iterator[Finding]:
    """Everything in the books that does not follow from the entries."""
    yield from _orphans(books)
    yield from _balances(books)
    yield from _lots(books)
    yield from _holds(books)
    yield from _debts(books)
    yield from _budgets(books)


def _orphans(books: Books) -> Iterator[Finding]:
    known = {row["id"] for row in books.journal}
    for journal_id in books.entries.keys() - known:
        yield Finding("lost", "entries without their posting", str(journal_id))
    for row in books.journal:
        if row["account_id"] not in books.accounts:
            yield Finding("lost", "posting without its account", str(row["id"]))
        if row["parent_id"] and row["parent_id"] not in known:
            yield Finding("lost", "posting without its parent", str(row["id"]))
        if row["points"] and not books.entries.get(row["id"]) and row["verb"] not in ("merge", "unmerge"):
            yield Finding("lost", "posting without entries", str(row["id"]))


def moved(entries: Sequence[Row]) -> Counter[str]:
    """What entries add to each side of a member; debt is what the member owes."""
    sums: Counter[str] = Counter()
    for entry in entries:
        sums[entry["credit"]] += entry["points"]
        sums[entry["debit"]] -= entry["points"]
    sums["debt"] = -sums["debt"]
    return sums


def _balances(books: Books) -> Iterator[Finding]:
    """Follows each account from its first posting: sums, numbers without gaps, hashes."""
    held: dict[UUID, Counter[str]] = defaultdict(Counter)
    last: dict[UUID, tuple[int, bytes]] = defaultdict(lambda: (0, b""))
    for row in books.journal:
        account, entries = row["account_id"], books.entries.get(row["id"], [])
        held[account].update(moved(entries))
        number, before = last[account]
        if row["seq"] != number + 1:
            yield Finding("lost", "a posting is missing before this one", str(row["id"]))
        if any(row[f"{side}_after"] != held[account][side] for side in SIDES):
            yield Finding("wrong", "what the account held after a posting", str(row["id"]))
        found = hashlib.sha256(before + _content(row, entries).encode()).digest()
        if found != bytes(row["forgotten_hash"] or row["hash"]):
            yield Finding("wrong", "hash of a posting", str(row["id"]))
        last[account] = (row["seq"], bytes(row["hash"]))
    for account, row in books.accounts.items():
        if any(row[f"points_{side}"] != held[account][side] for side in SIDES):
            yield Finding("wrong", "balance", str(account))
        if (row["seq"], bytes(row["hash"])) != last[account]:
            yield Finding("lost", "the last posting of an account", str(account))


def _content(row: Row, entries: Sequence[Row]) -> str:
    """As docs/decisions/0001-ledger.md describes it."""
    lines = [
        row["account_id"], row["seq"], row["id"], row["verb"], row["parent_id"] or "-", row["points"],
        _moment(row["effective_at"]), _moment(row["recorded_at"]),
        " ".join(str(row[f"{side}_after"]) for side in SIDES),
        *(_line(entry) for entry in entries),
        row["said"], row["key"],
    ]  # fmt: skip
    return "\n".join(str(line) for line in lines)


def _line(entry: Row) -> str:
    text = f"{entry['line']} {entry['debit']} {entry['credit']} {entry['points']}"
    if entry["lot_journal_id"]:
        text += f" {entry['lot_journal_id']}/{entry['lot_line']}"
    if entry["expires_at"]:
        text += f" until {_moment(entry['expires_at'])}"
    return text


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _lots(books: Books) -> Iterator[Finding]:
    left: dict[Lot, Counter[str]] = defaultdict(Counter)
    made: Counter[Lot] = Counter()
    for entry in books.all_entries():
        if entry["lot_journal_id"]:
            lot = (entry["lot_journal_id"], entry["lot_line"])
            left[lot].update(moved([entry]))
            if lot == (entry["journal_id"], entry["line"]) and entry["debit"] not in SIDES:
                made[lot] = entry["points"]
    for lot in left.keys() | books.lots.keys():
        row = books.lots.get(lot)
        if row is None:
            yield Finding("lost", "lot that entries name", str(lot[0]))
        elif _in_lot(row) != (made[lot], *(left[lot][side] for side in SIDES[:3])):
            yield Finding("wrong", "what is left of a lot", str(lot[0]))
    sums: dict[UUID, Counter[str]] = defaultdict(Counter)
    for (journal_id, line), row in books.lots.items():
        sums[row["account_id"]].update({side: row[f"points_{side}"] for side in SIDES[:3]})
        gone = books.children[journal_id] if line == 1 else Counter()
        if row["points_clawed_back"] != sum(gone[verb] for verb in GAVE):
            yield Finding("wrong", "what was taken back of a lot", str(journal_id))
    for account, row in books.accounts.items():
        if any(row[f"points_{side}"] != sums[account][side] for side in SIDES[:3]):
            yield Finding("wrong", "balance beside its lots", str(account))


def _in_lot(row: Row) -> tuple[Any, ...]:
    return (row["points"], row["points_pending"], row["points_active"], row["points_held"])


def _holds(books: Books) -> Iterator[Finding]:
    sums: Counter[UUID] = Counter()
    for row in books.journal:
        if row["verb"] == "hold" and row["id"] not in books.holds:
            yield Finding("lost", "hold of a posting", str(row["id"]))
    for journal_id, row in books.holds.items():
        gone = books.children[journal_id]
        if row["points_left"] != row["points"] - sum(gone[verb] for verb in LET_GO):
            yield Finding("wrong", "what is left of a hold", str(journal_id))
        sums[row["account_id"]] += row["points_left"]
    for account, row in books.accounts.items():
        if row["points_held"] != sums[account]:
            yield Finding("wrong", "held points beside their holds", str(account))


def _debts(books: Books) -> Iterator[Finding]:
    sums: Counter[UUID] = Counter()
    for row in books.dues:
        if row["payer"] == "debt":
            sums[row["account_id"]] += row["points_left"]
    for account, row in books.accounts.items():
        if row["points_debt"] != sums[account]:
            yield Finding("wrong", "debt beside what it stands for", str(account))


def _budgets(books: Books) -> Iterator[Finding]:
    known = {row["id"] for row in books.journal}
    whole: Counter[tuple[UUID, date]] = Counter()
    each: Counter[tuple[UUID, UUID, date]] = Counter()
    for use in books.uses:
        if not {use["journal_id"], use["earn_id"]} <= known:
            yield Finding("doubled", "use of a budget without its posting", str(use["journal_id"]))
        for start in {FOREVER, use["period_start"] or FOREVER}:
            whole[use["budget_id"], start] += use["points"]
            each[use["budget_id"], use["member_id"], start] += use["points"]
    used: Counter[tuple[UUID, date]] = Counter()
    for slot in books.slots:
        used[slot["budget_id"], slot["period_start"]] += slot["points"] - slot["points_left"]
    for budget, start in used:
        if used[budget, start] != whole[budget, start]:
            yield Finding("wrong", "what is used of a budget", str(budget))
    for row in books.shares:
        if row["points_used"] != each[row["budget_id"], row["member_id"], row["period_start"]]:
            yield Finding("wrong", "what a member used of a budget", str(row["budget_id"]))
