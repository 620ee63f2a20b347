"""What the programme keeps of a person. The ledger stays whole: it knows members by opaque ids alone."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime

from core import db
from core.people.personal.model import DELETE, Person, Place
from loyalty.ledger import reading as ledger
from loyalty.members import service as members

STAYS = "the ledger is history and money; without a profile it is nobody's"
WITHOUT_NOTES = "what led to the points; the note in it goes"
PAGE = 1000


def _of_member(table: str, area: str, what: str, codes: str = "", exported: bool = True) -> Place:
    """A table of codes and numbers by member: it stays, and says nothing without a profile."""
    return Place(
        table=table, area=area, by="member_id", whose="members", what=what, codes=codes, exported=exported
    )


PLACES = (
    Place(
        table="members",
        area="membership",
        by="customer_id",
        what="when they joined and left, and their tier",
        codes="terms_version tier_code",
    ),
    _of_member("tier_changes", "membership", "how their tier changed", "from_code to_code reason set_code"),
    _of_member("member_tiers", "membership", "their tiers now", "set_code tier_code basis"),
    Place(
        table="tier_overrides",
        area="membership",
        by="member_id",
        whose="members",
        what="tiers that staff gave, and why",
        erased={"reason": "'—'"},
        codes="set_code tier_code",
    ),
    Place(
        table="member_tags",
        area="membership",
        by="member_id",
        whose="members",
        what="tags that the shop put on them",
        erased=DELETE,
        codes="origin tag",
    ),
    _of_member("household_members", "membership", "households that they were in"),
    _of_member("household_shares", "membership", "what they share with a household"),
    Place(
        table="member_merges",
        area="membership",
        by="source_id",
        what="customers that were found to be one person",
        exported=False,
    ),
    Place(
        table="orders",
        area="orders",
        by="customer_id",
        what="what they paid, when, in which store",
        stays={"external_id": "the shop's number of the order: points refer to it"},
        codes="currency channel tier_code segments campaigns",
    ),
    Place(
        table="order_lines",
        area="orders",
        by="order_id",
        whose="orders",
        what="what they bought",
        codes="line_id sku name category",
    ),
    Place(
        table="order_refunds",
        area="orders",
        by="order_id",
        whose="orders",
        what="what they were paid back",
        codes="refund_id lines",
    ),
    Place(
        table="earning_events",
        area="events",
        by="member_id",
        whose="members",
        what="happenings that gave points, with what the shop said of them",
        erased={"data": "'{}'"},
        codes="key trigger name tier_code segments",
        history=True,
    ),
    _of_member("rule_uses", "points", "how often a rule gave them points", "wallet"),
    _of_member("achievement_awards", "points", "challenges that they met", "code"),
    _of_member("expiry_warnings", "points", "warnings before points expired"),
    Place(
        table="adjustments",
        area="points",
        by="member_id",
        whose="members",
        what="points that staff gave or took by hand, and why",
        erased={"note": "'—'"},
        codes="wallet cause state",
    ),
    _of_member("vouchers", "vouchers", "rewards that they bought", "code state key currency"),
    _of_member("referral_codes", "friends", "their code for friends", "code"),
    Place(
        table="referrals",
        area="friends",
        by="advocate_id",
        whose="members",
        what="how many friends they brought, without saying whom",
        codes="state",
        withheld="friend_id order_id",
    ),
    Place(
        table="ledger_accounts",
        area="points",
        by="member_id",
        whose="members",
        what="their balances",
        codes="hash",
        withheld="hash",
    ),
    Place(
        table="ledger_journal",
        area="points",
        by="account_id",
        whose="accounts",
        what="every posting of their points, and why",
        stays={"reason": WITHOUT_NOTES, "key": STAYS},
        codes="fingerprint hash forgotten_hash verb",
        withheld="fingerprint hash forgotten_hash",
    ),
    Place(
        table="ledger_lots",
        area="points",
        by="account_id",
        whose="accounts",
        what="which points expire when",
    ),
    _of_member("member_list_members", "membership", "lists of members that they were on"),
    _of_member("ledger_budget_members", "points", "what a budget gave them", exported=False),
    _of_member("ledger_budget_uses", "points", "what a budget gave them", exported=False),
)

IMPERSONAL = {
    **dict.fromkeys(("households", "ledger_budget_slots", "ledger_dues", "ledger_holds", "reward_stock"), ""),
    **dict.fromkeys(("tier_sweeps", "transfer_terms"), ""),
    "wallet_types": "code debt_policy name expiry settling",
    "programme_versions": "state terms_version",
    "tiers": "code name set_code benefits",
    "rewards": "code",
    "ledger_entries": "",
    "ledger_budgets": "period time_zone",
    "wallet_versions": "debt_policy expiry settling",
    "segments": "code name definition taints base",
    "campaigns": "code name state definition",
    "earning_rules": "code name",
    "earning_rule_versions": "state definition",
    "earning_settings": "market",
    "tier_sets": "code name metric qualifying_window requalification downgrade",
    "code_pools": "code",
    "code_imports": "key digest",
    "reward_versions": "name description terms period tiers segments",
    "voucher_uses": "reference",
    "pool_codes": "code",
    "adjustment_limits": "role",
    "liability_months": "wallet",
    "liability_movements": "wallet kind",
    "achievements": "code definition",
    "order_milestones": "event",
    "referral_terms": "landing_url currency",
    "liability_days": "wallet kind",
    "liability_rolls": "wallet time_zone",
    "member_lists": "taints",
    "rfm_bounds": "currency recency frequency money",
    # Of names of things: the back office repairs nothing that is a person's.
    "repairs": "table_name was became reason",
    "changes": "kind subject name definition state shown moved note",
    "change_settings": "",
    # Numbers of customers, and whatever else is in its columns, are in the file alone, which goes once it is
    # decided on, after a week at the latest. What was found repeats none of its cells.
    "opening_imports": "file_name reason state content found",
    # Counts of members, whoever they are.
    "tier_censuses": "set_code shape from_codes pinned year",
    "tier_census_counts": "from_code",
    "backtests": "code definition wallet result",
}


async def erased(person: Person, at: datetime) -> None:
    """Who is erased is no member any more; points that were granted stay in the ledger, without notes."""
    await members.leave(person.customers, at)
    await ledger.forget_notes(person.accounts)


async def files(person: Person) -> AsyncIterator[tuple[str, bytes]]:
    """The statement of each wallet, as a table for a spreadsheet, the newest first."""
    rows = await db.fetch(
        "SELECT a.member_id, w.code FROM ledger_accounts a JOIN wallet_types w ON w.id = a.wallet_type_id"
        " WHERE a.id = ANY ($1::uuid[]) ORDER BY w.code, a.id",
        list(person.accounts),
    )
    for n, row in enumerate(rows):
        yield f"statement-{n + 1}-{row['code']}.csv", await _statement(row["member_id"], row["code"])


async def _statement(member_id: object, wallet: str) -> bytes:
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(("at", "what", "points", "change", "active_after", "pending_after", "expires_at", "reason"))
    before: int | None = None
    while lines := await ledger.statement(member_id, wallet, before, PAGE):  # type: ignore[arg-type]
        for line in lines:
            reason = db.to_json(line.reason)
            times = line.effective_at.isoformat(), line.expires_at.isoformat() if line.expires_at else ""
            numbers = line.points, line.points_change, line.points_active, line.points_pending
            out.writerow((times[0], line.verb, *numbers, times[1], reason))
        before = lines[-1].seq
    return text.getvalue().encode()
