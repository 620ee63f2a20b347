"""Which tables an export has: all of a merchant's but those named here, so that none is forgotten."""

from collections.abc import Sequence
from graphlib import TopologicalSorter

import msgspec

from core import db

LEFT_OUT = frozenset(
    {
        # The platform's own: work under way, and what one signs in with.
        *("outbox", "idempotency_keys", "sessions", "login_links", "api_keys", "webhook_sources", "mails"),
        *("staff_second_factors", "staff_recovery_codes", "staff_links", "handoff_keys", "handoff_uses"),
        *("company_providers", "company_flows"),
        *("notifications", "notification_links", "notification_gateways"),
        # Of this installation's people and staff: sealed under its key, or its own history.
        *("person_keys", "person_exports", "person_export_parts", "audit_entries"),
        # Added up from the rest, and added up again.
        *("liability_days", "liability_rolls", "rfm_bounds"),
        # When this installation last checked the ledger: no part of it.
        "ledger_checks",
        # Made anew when somebody asks.
        *("tier_censuses", "tier_census_counts"),
    }
)
OTHER_HALF = ("review", "case")
"""How the names of the tables about reviews and cases begin: they have exports of their own."""
WITHHELD = {"staff": "password_hash"}
"""A column of a table that stays behind; whoever comes back gets a password that nobody knows."""
LEDGER = "ledger_"
"""Tables of the one writer, restored by its own function in one go."""


class Noun(msgspec.Struct, frozen=True):
    """One table: its file is `<name>.ndjson`, with these columns, in the order of its key (or of all)."""

    name: str
    columns: tuple[str, ...]
    order: tuple[str, ...]


_TABLES = """
SELECT c.relname::text AS name,
       (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          AND a.attidentity = '' AND a.attgenerated = '' AND a.attname <> 'merchant_id') AS columns,
       (SELECT array_agg(a.attname::text ORDER BY k.place) FROM pg_index i
        CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE i.indrelid = c.oid AND i.indisprimary) AS order,
       coalesce((SELECT array_agg(DISTINCT f.relname::text) FROM pg_constraint x
                 JOIN pg_class f ON f.oid = x.confrelid
                 WHERE x.conrelid = c.oid AND x.contype = 'f' AND NOT x.condeferrable
                   AND f.oid <> c.oid), '{}') AS needs
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
  AND EXISTS (SELECT FROM pg_attribute m WHERE m.attrelid = c.oid AND m.attname = 'merchant_id')
ORDER BY c.relname
"""


def left_out(table: str) -> bool:
    """Whether a table of the merchant is no part of the export."""
    return table in LEFT_OUT or table.startswith(OTHER_HALF)


async def nouns() -> list[Noun]:
    """What is exported, in the order in which it comes back: what others refer to first."""
    rows = {row["name"]: row for row in await db.fetch(_TABLES) if not left_out(row["name"])}
    ledger = [name for name in rows if name.startswith(LEDGER)]
    # The ledger is one step: whatever one of its tables needs, all of them wait for.
    steps: dict[str, set[str]] = {}
    for name, row in rows.items():
        steps.setdefault(_step(name), set()).update(_step(each) for each in row["needs"] if each in rows)
    for step, needs in steps.items():
        needs.discard(step)
    among = TopologicalSorter({name: set(rows[name]["needs"]) & set(ledger) for name in ledger})
    order: list[str] = []
    for step in _sorted(TopologicalSorter(steps)):
        order += _sorted(among) if step == LEDGER else [step]
    return [_noun(rows[name]) for name in order]


def _noun(row: db.Row) -> Noun:
    columns = tuple(column for column in row["columns"] if column != WITHHELD.get(row["name"]))
    return Noun(row["name"], columns, tuple(row["order"] or columns))


def _step(table: str) -> str:
    return LEDGER if table.startswith(LEDGER) else table


def _sorted(graph: TopologicalSorter[str]) -> Sequence[str]:
    """In the same order each time: by name among those that do not need each other."""
    order: list[str] = []
    graph.prepare()
    while graph.is_active():
        ready = sorted(graph.get_ready())
        order += ready
        graph.done(*ready)
    return order
