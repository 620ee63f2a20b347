"""Cases as they are read: the inbox, one case, and what its customer sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from core import db
from core.errors import NotFound
from core.people import staff
from reviews import pages, similar
from reviews import reading as review_queries
from reviews.accounts.service import can_reply
from reviews.cases import calls, filters, history, rules
from reviews.cases.filters import EVERY, Filter
from reviews.cases.remedies import service as remedies
from reviews.cases.targets import rules as targets
from reviews.cases.views import (
    CaseView,
    ClockView,
    CustomerView,
    EventView,
    InboxRow,
    MessageView,
    OnItsWay,
    Outgoing,
    OwnCaseView,
    Person,
    StepView,
    Undelivered,
)
from reviews.pages import Page
from reviews.reading import OwnCase, ReviewView
from reviews.sources import source_of
from reviews.versions import service as versions

ViewName = Literal["open", "unanswered", "due_soon", "overdue", "mine", "unowned", "snoozed", "resolved"]
VIEWS: tuple[ViewName, ...] = get_args(ViewName)

COUNT_LIMIT = 10_000
"""Counts stop here, so that they cost the same however many cases there are."""
MAX_ROWS = 200


@dataclass(frozen=True)
class _List:
    """A view in SQL. $1 merchant, $2 the person, $3 until when something is due soon."""

    where: str
    sort: tuple[str, ...]
    types: tuple[type, ...]
    descending: bool = False


_QUEUE: tuple[Any, ...] = (("c.rank_at", "c.id"), pages.NEWEST)
_LISTS: dict[ViewName, _List] = {
    "open": _List("c.open AND c.snoozed_until IS NULL", *_QUEUE),
    "unanswered": _List("c.open AND c.snoozed_until IS NULL AND c.answered_at IS NULL", *_QUEUE),
    "due_soon": _List("c.open AND c.due_at <= $3", ("c.due_at", "c.id"), pages.NEWEST),
    "overdue": _List("c.open AND c.due_at <= $3 - interval '2 hours'", ("c.due_at", "c.id"), pages.NEWEST),
    "mine": _List("c.open AND c.owner_id = $2", *_QUEUE),
    "unowned": _List("c.open AND c.owner_id IS NULL", *_QUEUE),
    "snoozed": _List("c.open AND c.snoozed_until IS NOT NULL", ("c.snoozed_until", "c.id"), pages.NEWEST),
    "resolved": _List("NOT c.open", ("c.resolved_at", "c.id"), pages.NEWEST, descending=True),
}
# Types of arguments that a view does not use must be told.
_ASKED = "c.merchant_id = $1 AND ($2::uuid IS NULL OR true) AND ($3::timestamptz IS NULL OR true)"
_CASE_COLUMNS = """
    c.id, c.number, c.state, c.cycle, c.version, c.priority, c.priority_parts, c.owner_id,
    o.name AS owner_name, c.customer_id, c.opened_at, c.updated_at, c.resolved_at, c.answered_at, c.due_at,
    c.cause
"""
_CASE_JOINS = f"""
    LEFT JOIN staff o ON o.id = c.owner_id
    LEFT JOIN customer_profiles p ON p.customer_id = c.customer_id
    LEFT JOIN reviews r ON r.id = c.review_id {review_queries.JOINS}
"""
_CLOCK = """
    LEFT JOIN LATERAL (SELECT kind AS clock_kind, started_at AS clock_started_at, target_s,
                              due_at AS clock_due_at, said, breached_at, satisfied_at, paused_at
                       FROM case_clocks x WHERE x.case_id = c.id AND x.cycle = c.cycle
                         AND x.satisfied_at IS NULL AND x.stopped_at IS NULL
                       ORDER BY x.paused_at IS NOT NULL, x.due_at LIMIT 1) k ON true
"""
# With all that they and those merged into them did.
_CUSTOMER = f"""
    WITH {history.THEIRS},
    bought AS (SELECT o.paid_at, o.currency, o.amount_minor - least(o.refunded_minor, o.amount_minor) AS kept
               FROM theirs JOIN orders o ON o.customer_id = theirs.id
               WHERE o.paid_at IS NOT NULL AND o.cancelled_at IS NULL)
    SELECT c.id, coalesce(p.name, '') AS name, coalesce(p.email, '') AS email, m.id AS member_id,
           coalesce(m.tier_code, '') AS tier_code,
           coalesce((SELECT a.points_active FROM ledger_accounts a
                     JOIN wallet_types w ON w.id = a.wallet_type_id
                     WHERE a.member_id = m.id AND w.code = 'points'), 0) AS points_active,
           s.orders, s.spend_minor, coalesce(s.currency, '') AS currency, s.last_order_at,
           (SELECT count(*) FROM theirs JOIN reviews r ON r.customer_id = theirs.id
            WHERE r.version > 0)::int AS reviews,
           (SELECT count(*) FROM theirs JOIN cases k ON k.customer_id = theirs.id)::int AS cases
    FROM one c
    LEFT JOIN customer_profiles p ON p.customer_id = c.id
    LEFT JOIN members m ON m.customer_id = c.id AND m.left_at IS NULL
    CROSS JOIN (
        SELECT count(*)::int AS orders, max(paid_at) AS last_order_at,
               (array_agg(currency ORDER BY paid_at DESC))[1] AS currency,
               coalesce(sum(kept) FILTER (WHERE currency = (
                   SELECT currency FROM bought ORDER BY paid_at DESC LIMIT 1)), 0)::bigint AS spend_minor
        FROM bought) s
"""
_CLOCKS = """
    SELECT kind AS clock_kind, started_at AS clock_started_at, target_s, due_at AS clock_due_at,
           said, breached_at, satisfied_at, paused_at
    FROM case_clocks WHERE case_id = $1 AND cycle = $2 AND stopped_at IS NULL ORDER BY due_at, kind, round
"""
_EVENTS = """
    SELECT e.kind, e.actor, coalesce(s.name, '') AS person, e.cycle, e.at, e.detail,
           coalesce(m.body, r.message, e.detail ->> 'text', '') AS text,
           coalesce(r.points, 0) AS points, coalesce(m.state, '') AS delivery, m.id AS message_id,
           coalesce(e.detail ->> 'channel', '') AS channel, coalesce(m.attachments, '{}') AS attachments,
           coalesce(t.name, g.name, '') AS about,
           CASE WHEN n.state = 'suppressed' THEN n.reason ELSE '' END AS unmailed,
           ARRAY(SELECT p.id FROM case_pictures p WHERE p.message_id = m.id ORDER BY p.id) AS pictures
    FROM case_events e
    LEFT JOIN staff s ON s.id = e.staff_id
    LEFT JOIN case_messages m ON m.id = (e.detail ->> 'message')::uuid
         AND e.kind NOT IN ('undone', 'send_again')
    LEFT JOIN case_remedies r ON r.id = (e.detail ->> 'remedy')::uuid
    LEFT JOIN staff t ON t.id = CASE WHEN e.kind IN ('assigned', 'taken_over', 'escalated')
                                     THEN (e.detail ->> 'to')::uuid END
    LEFT JOIN case_teams g ON g.id = CASE WHEN e.kind = 'triaged' THEN (e.detail ->> 'team')::uuid END
    LEFT JOIN notifications n ON n.merchant_id = e.merchant_id AND n.channel = 'mail'
         AND n.key = CASE WHEN e.kind = 'message' THEN 'case_message:' || (e.detail ->> 'message') END
    WHERE e.case_id = $1
      AND e.kind NOT IN ('sent', 'send_failed', 'clock_started', 'clock_paused', 'clock_resumed')
    ORDER BY e.id
"""
_OUTGOING = """
    SELECT id, kind, body, staff_id, send_after FROM case_messages
    WHERE case_id = $1 AND state = 'queued' ORDER BY id DESC
"""
# The last public reply to each review, while it is on its way to its source or has failed to get there.
_UNDELIVERED = """
    SELECT id, body, state, failure, attempts
    FROM (SELECT DISTINCT ON (review) m.id, m.body, m.state, m.failure, m.attempts,
                 CASE WHEN m.review_id IS NULL THEN c.review_id ELSE m.review_id END AS review
          FROM case_messages m JOIN cases c ON c.id = m.case_id
          WHERE m.case_id = $1 AND m.kind = 'public_reply' AND m.state <> 'cancelled'
          ORDER BY review, m.id DESC) n
    WHERE state IN ('sending', 'failed') ORDER BY id DESC
"""
_PEOPLE = """
    SELECT id, name FROM staff
    WHERE role IN ('owner', 'agent', 'community_manager') AND disabled_at IS NULL ORDER BY name, id
"""
_ORDER = "SELECT o.external_id FROM cases c JOIN orders o ON o.id = c.order_id WHERE c.id = $1"
_TEAMS = """
    SELECT t.id, t.name, EXISTS (SELECT FROM cases c WHERE c.id = $1 AND c.team_id = t.id) AS has_it
    FROM case_teams t ORDER BY t.name, t.id
"""
_JOINED = f"""
    SELECT {review_queries.COLUMNS}
    FROM case_reviews cr JOIN reviews r ON r.id = cr.review_id {review_queries.JOINS}
    WHERE cr.case_id = $1 AND cr.review_id IS DISTINCT FROM $2 ORDER BY cr.joined_at, r.id
"""
_GIVEN = """
    SELECT coalesce(sum(points), 0)::bigint FROM case_remedies WHERE case_id = $1 AND staff_id = $2
"""
_OWN = """
    SELECT c.id, c.number, c.state, c.updated_at, c.due_at, c.answered_at, c.cause, k.due_at AS settled_by,
           coalesce(o.external_id, '') AS order_word,
           coalesce(nullif(r.product_name, ''), r.product_sku, '') AS product
    FROM cases c
    LEFT JOIN reviews r ON r.id = c.review_id
    LEFT JOIN orders o ON o.id = c.order_id
    LEFT JOIN case_clocks k ON k.case_id = c.id AND k.cycle = c.cycle AND k.kind = 'resolution'
         AND k.paused_at IS NULL AND k.satisfied_at IS NULL AND k.stopped_at IS NULL
    WHERE c.customer_id IN (SELECT id FROM customers WHERE id = $1 OR merged_into = $1)
    ORDER BY c.opened_at DESC, c.id DESC LIMIT $2
"""
# A reply counts when it has gone out; of people who look after it, each once in a row.
_STEPS = """
    SELECT kind, name, at FROM (
        SELECT e.id, e.at, CASE WHEN e.kind = 'sent' THEN 'reply' WHEN e.kind = 'taken_over' THEN 'assigned'
                                ELSE e.kind END AS kind,
               CASE WHEN e.kind IN ('assigned', 'taken_over') THEN coalesce(s.name, '') ELSE '' END AS name
        FROM case_events e
        LEFT JOIN staff s ON e.kind IN ('assigned', 'taken_over') AND s.id = (e.detail ->> 'to')::uuid
        LEFT JOIN case_messages m ON e.kind = 'sent' AND m.id = (e.detail ->> 'message')::uuid
        WHERE e.case_id = $1 AND (m.kind = 'public_reply' OR e.kind IN (
            'opened', 'assigned', 'taken_over', 'goodwill', 'wait_for_third_party', 'resolved',
            'reopened'))) n
    ORDER BY id LIMIT 100
"""
_MESSAGES = """
    SELECT m.kind, coalesce(s.name, '') AS author, m.body AS text, 0::bigint AS points,
           coalesce(m.sent_at, m.created_at) AS at, m.attachments,
           ARRAY(SELECT p.id FROM case_pictures p WHERE p.message_id = m.id ORDER BY p.id) AS pictures
    FROM case_messages m LEFT JOIN staff s ON s.id = m.staff_id
    WHERE m.case_id = $1 AND m.kind NOT IN ('note', 'call') AND (m.state IS NULL OR m.state = 'sent')
    UNION ALL
    SELECT 'goodwill', s.name, g.message, coalesce(g.points, 0), g.given_at, '{}', '{}'
    FROM case_remedies g JOIN staff s ON s.id = g.staff_id WHERE g.case_id = $1
    ORDER BY at
"""


async def inbox(
    view: ViewName, by: UUID, now: datetime, after: str = "", limit: int = 50, wanted: Filter = EVERY
) -> Page[InboxRow]:
    """One page of a view, of what fits the filter, in the open transaction. Raises CursorInvalid."""
    found = _LISTS[view]
    limit = min(max(limit, 1), MAX_ROWS)
    args: list[Any] = [db.merchant_id(), by, now + rules.DUE_SOON]
    place = pages.place(after, found.types) if after else []
    narrowed, values = filters.where(wanted, 5 + len(place))
    rows = await db.fetch(_inbox_sql(found, bool(place), narrowed), *args, limit + 1, *place, *values)
    shown = [_row_of(row) for row in rows[:limit]]
    if len(rows) <= limit:
        return Page(shown, None)
    last = rows[limit - 1]
    return Page(shown, pages.cursor([last[f"sort{n}"] for n in range(len(found.sort))]))


def _inbox_sql(found: _List, placed: bool, narrowed: str) -> str:
    order = _order(found.sort, found.descending)
    sorts = ", ".join(f"{column} AS sort{n}" for n, column in enumerate(found.sort))
    beyond = ""
    if placed:
        marks = ", ".join(f"${n}" for n in range(5, 5 + len(found.sort)))
        beyond = f"AND ({', '.join(found.sort)}) {'<' if found.descending else '>'} ({marks})"
    again = _order([f"c.sort{n}" for n in range(len(found.sort))], found.descending)
    return f"""
        SELECT {_CASE_COLUMNS}, c.sort0, c.sort1,
               coalesce(p.name, '') AS customer_name, k.*, {review_queries.COLUMNS}
        FROM (SELECT c.*, {sorts} FROM cases c WHERE {_ASKED} AND {found.where} {beyond} {narrowed}
              {order} LIMIT $4) c {_CASE_JOINS} {_CLOCK}
        {again}
    """


async def counts(by: UUID, now: datetime) -> dict[ViewName, int]:
    """How many cases each view holds, up to COUNT_LIMIT, in one statement."""
    counted = "SELECT count(*) FROM (SELECT FROM cases c WHERE {asked} AND {where} LIMIT {limit}) n"
    parts = ", ".join(
        f"({counted.format(asked=_ASKED, where=_LISTS[view].where, limit=COUNT_LIMIT)}) AS {view}"
        for view in VIEWS
    )
    row = await db.fetchrow(f"SELECT {parts}", db.merchant_id(), by, now + rules.DUE_SOON)
    assert row is not None
    return {view: row[view] for view in VIEWS}


async def on_its_way(case_id: UUID) -> OnItsWay:
    """What was written on a case and has not arrived, in the open transaction."""
    return OnItsWay(
        tuple(Outgoing(**each) for each in await db.fetch(_OUTGOING, case_id)),
        tuple(Undelivered(**each) for each in await db.fetch(_UNDELIVERED, case_id)),
    )


async def case(case_id: UUID, by: UUID) -> CaseView:
    """One case for its page, as the staff member `by` sees it. Raises NotFound."""
    sql = f"""SELECT {_CASE_COLUMNS}, coalesce(p.name, '') AS customer_name, k.*, {review_queries.COLUMNS}
              FROM cases c {_CASE_JOINS} {_CLOCK} WHERE c.id = $1"""
    found = await db.fetchrow(sql, case_id)
    if found is None:
        raise NotFound(f"no case {case_id}")
    row = _row_of(found)
    customer = await db.fetchrow(_CUSTOMER, row.customer_id) if row.customer_id else None
    given, left = await _authority(case_id, by)
    teams, team = await _teams(case_id)
    further = await db.fetch(_JOINED, case_id, row.review.id if row.review else None)
    joined = tuple(review_queries.review_of(each) for each in further)
    return CaseView(
        row=row,
        customer=CustomerView(**customer) if customer else None,
        earlier_reviews=await history.reviews(row.customer_id, case_id) if row.customer_id else (),
        earlier_cases=await history.cases(row.customer_id, case_id) if row.customer_id else (),
        clocks=tuple(_clock_of(each) for each in await db.fetch(_CLOCKS, case_id, row.cycle)),
        events=tuple(_event_of(each) for each in await db.fetch(_EVENTS, case_id)),
        on_its_way=await on_its_way(case_id),
        answerable=await _answerable([row.review, *joined] if row.review else joined),
        people=tuple(await people()),
        teams=tuple(teams),
        team=team,
        joined=joined,
        points_given=given,
        points_left=left.points,
        corrected=await versions.corrected(row.review.id) if row.review else None,
        call_owed=await calls.owed(case_id),
        alike=tuple(await similar.alike(row.review.id)) if row.review else (),
        order="" if row.review else await db.fetchval(_ORDER, case_id) or "",
    )


async def _answerable(reviews: Sequence[ReviewView]) -> frozenset[UUID]:
    """Those that are shown by ourselves, or by a source that is connected."""
    there = {(each.source, each.account) for each in reviews}
    connected = {
        each for each in there if source_of(each[0]).published_here or await can_reply(each[0], each[1])
    }
    return frozenset(each.id for each in reviews if (each.source, each.account) in connected)


async def _teams(case_id: UUID) -> tuple[list[Person], str]:
    """All teams, and the name of the one that has the case."""
    rows = await db.fetch(_TEAMS, case_id)
    return [Person(row["id"], row["name"]) for row in rows], next(
        (row["name"] for row in rows if row["has_it"]), ""
    )


async def people() -> list[Person]:
    """Who may own a case, by name; in the open transaction."""
    return [Person(**each) for each in await db.fetch(_PEOPLE)]


async def _authority(case_id: UUID, by: UUID) -> tuple[int, remedies.Authority]:
    """Points given on the case by this person, and what they may still give alone."""
    member = await staff.find(by)
    if member is None:
        return 0, remedies.Authority(0, 0)
    given: int = await db.fetchval(_GIVEN, case_id, by)
    return given, await remedies.left(case_id, member)


async def neighbours(
    case_id: UUID, view: ViewName, by: UUID, now: datetime, wanted: Filter = EVERY
) -> tuple[UUID | None, UUID | None]:
    """Those before and after this one in a view, of what fits the filter.

    One that is not there keeps its place where that is by priority; elsewhere the view begins anew after it,
    for what the view is sorted by is gone or is another.
    """
    found = _LISTS[view]
    narrowed, values = filters.where(wanted, 5)
    args = (db.merchant_id(), by, now + rules.DUE_SOON, case_id, *values)
    there = f"{_ASKED} AND {found.where} {narrowed}"
    placed = f"SELECT EXISTS (SELECT FROM cases c WHERE c.id = $4 AND {there})"
    if found.sort != _QUEUE[0] and not await db.fetchval(placed, *args):
        order = _order(found.sort, found.descending)
        first = f"SELECT c.id FROM cases c WHERE {there} AND c.id <> $4 {order} LIMIT 1"
        return None, await db.fetchval(first, *args)
    before, after = (_neighbour_sql(found, there, back) for back in (True, False))
    return await db.fetchval(before, *args), await db.fetchval(after, *args)


def _neighbour_sql(found: _List, there: str, back: bool) -> str:
    descending = back != found.descending
    beyond = "<" if descending else ">"
    place = ", ".join(found.sort)
    own = ", ".join(column.replace("c.", "own.") for column in found.sort)
    return f"""
        SELECT c.id FROM cases own JOIN cases c ON ({place}) {beyond} ({own})
        WHERE own.id = $4 AND {there} {_order(found.sort, descending)} LIMIT 1
    """


def _order(columns: Sequence[str], descending: bool) -> str:
    return "ORDER BY " + ", ".join(f"{column} {'DESC' if descending else 'ASC'}" for column in columns)


async def of_customer(case_id: UUID, customer_id: UUID) -> OwnCaseView:
    """A case for its customer's page: no notes, no names of states, nothing unsent. Raises NotFound."""
    found = await db.fetchrow(
        "SELECT c.id, c.number, c.state, c.updated_at, c.due_at, c.answered_at, c.cause,"
        " k.due_at AS settled_by,"
        f" coalesce(o.external_id, '') AS order_word, {review_queries.COLUMNS}"
        f" FROM cases c LEFT JOIN reviews r ON r.id = c.review_id {review_queries.JOINS}"
        " LEFT JOIN orders o ON o.id = c.order_id"
        " LEFT JOIN case_clocks k ON k.case_id = c.id AND k.cycle = c.cycle AND k.kind = 'resolution'"
        " AND k.paused_at IS NULL AND k.satisfied_at IS NULL AND k.stopped_at IS NULL"
        " WHERE c.id = $1"
        " AND c.customer_id IN (SELECT id FROM customers WHERE id = $2 OR merged_into = $2)",
        case_id,
        customer_id,
    )
    if found is None:
        raise NotFound(f"no case {case_id}")
    step = review_queries.step_of(found["state"], found["answered_at"])
    own = OwnCase(
        found["id"], found["number"], step, found["updated_at"], found["due_at"],
        found["cause"], found["order_word"], found["settled_by"],
    )  # fmt: skip
    messages = tuple(MessageView(**each) for each in await db.fetch(_MESSAGES, case_id))
    review = review_queries.review_of(found) if found["review_id"] else None
    steps = tuple(StepView(**each) for each in await db.fetch(_STEPS, case_id))
    return OwnCaseView(own, review, steps, messages)


async def own(customer_id: UUID, limit: int) -> list[OwnCase]:
    """A customer's cases, the newest first, in the open transaction."""
    return [
        OwnCase(
            row["id"], row["number"], review_queries.step_of(row["state"], row["answered_at"]),
            row["updated_at"], row["due_at"], row["cause"], row["order_word"], row["settled_by"],
            row["product"],
        )
        for row in await db.fetch(_OWN, customer_id, limit)
    ]  # fmt: skip


def _row_of(row: db.Row) -> InboxRow:
    parts = db.from_json(row["priority_parts"])
    return InboxRow(
        priority_parts=parts,
        owner_name=row["owner_name"] or "",
        customer_name=row["customer_name"] or row["author"] or "",
        urgent=rules.is_urgent(parts.get("urgency", 0)),
        clock=_clock_of(row) if row["clock_kind"] else None,
        review=review_queries.review_of(row) if row["review_id"] else None,
        **{name: row[name] for name in _PLAIN},
    )


_PLAIN = (
    *("id", "number", "state", "cycle", "version", "priority", "owner_id", "customer_id"),
    *("opened_at", "updated_at", "resolved_at", "answered_at", "due_at", "cause"),
)


def _clock_of(row: db.Row) -> ClockView:
    late = row["satisfied_at"] and row["satisfied_at"] > row["clock_due_at"]
    state = "satisfied_late" if late else "satisfied" if row["satisfied_at"] else ""
    state = state or ("paused" if row["paused_at"] else "breached" if row["breached_at"] else "")
    state = state or ("warning" if row["said"] >= targets.WARNINGS else "running")
    return ClockView(row["clock_kind"], state, row["clock_started_at"], row["clock_due_at"], row["target_s"])


def _event_of(row: db.Row) -> EventView:
    return EventView(**{**row, "detail": db.from_json(row["detail"])})
