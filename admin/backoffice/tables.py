"""Which tables can be seen, and which of their columns can be put right; whatever is not named here cannot.

A column is repairable where it is only said and nothing is derived from it: names of things, mostly. Points,
money, consent, what customers wrote and whatever has rules of its own go through the service that has them.
Columns are named one by one, so that a new one with a secret is not shown because nobody thought of it.
"""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "names"]
"""names: a text for each language."""


@dataclass(frozen=True)
class Plain:
    """A table with its key, its columns as they are shown, and those that can be put right."""

    name: str
    key: str
    columns: tuple[str, ...]
    repairs: dict[str, Kind] = field(default_factory=dict)
    key_type: Literal["uuid", "date"] = "uuid"


_ALL = (
    Plain("stores", "id", ("external_id", "name", "currency", "time_zone"), {"name": "names"}),
    Plain("earning_rules", "id", ("code", "name", "created_at"), {"name": "text"}),
    Plain("case_teams", "id", ("name", "aspects", "languages", "changed_at"), {"name": "text"}),
    # Also to look at alone: rules ask for the channel, and a refund takes back by what they gave.
    Plain(
        "orders", "id", ("external_id", "currency", "amount_minor", "refunded_minor", "paid_at", "channel")
    ),
    Plain(
        "reviews", "id", ("source", "external_id", "product_sku", "product_name", "received_at", "state"),
        {"product_name": "text"},
    ),
    Plain("members", "id", ("joined_at", "left_at", "tier_code", "tier_since")),
    Plain("vouchers", "id", ("member_id", "reward_id", "state", "issued_at", "used_at")),
    Plain("tier_changes", "id", ("member_id", "set_code", "from_code", "to_code", "reason", "changed_at")),
    Plain(
        "ledger_accounts", "id",
        ("member_id", "seq", "points_pending", "points_active", "points_held", "points_debt"),
    ),
    Plain(
        "ledger_journal", "id",
        ("account_id", "seq", "key", "verb", "points", "effective_at", "recorded_at", "active_after"),
    ),
    Plain("ledger_entries", "journal_id", ("line", "debit", "credit", "points", "lot_journal_id")),
    Plain(
        "ledger_lots", "journal_id",
        ("line", "account_id", "points", "points_pending", "points_active", "expires_at"),
    ),
    Plain("liability_months", "month", ("wallet", "points_outstanding", "closed_at"), key_type="date"),
    Plain("segments", "id", ("code", "version", "name", "taints", "created_at")),
    Plain("repairs", "id", ("table_name", "row_id", "was", "became", "reason", "at")),
)  # fmt: skip
TABLES: dict[str, Plain] = {each.name: each for each in _ALL}
