"""SQL over tiers: always of a set of members, never one by one. docs/decisions/0006-tiers.md has it in words.

A statement is put together from three parts: facts (what the metric counts, as changes in time), earned
(which tier these are enough for), placed (with overrides, and compared with where each member is). Values
are named, :so, and bound by statement().
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

from loyalty.tiers.rules import Events, Metric, Orders, Points, Spend

_NAME = re.compile(r"(?<!:):([a-z_]+)")


def statement(sql: str, values: Mapping[str, Any]) -> tuple[Any, ...]:
    """SQL with numbered arguments instead of named ones, then these in their order."""
    numbered, names = _numbered(sql)
    return (numbered, *(values[name] for name in names))


@cache
def _numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    names = tuple(dict.fromkeys(_NAME.findall(sql)))
    return _NAME.sub(lambda found: f"${names.index(found[1]) + 1}", sql), names


# ---------------------------------------------------------------- facts: member_id, at, delta

# What was earned, less what was taken back, be it by a debt: spending and expiring take nothing of it. What
# moved between members is not earned: while somebody is merged, both histories are the survivor's.
_POINTS = """
    SELECT coalesce(k.merged_into, a.member_id) AS member_id, j.effective_at AS at,
           CASE e.credit WHEN 'active' THEN e.points ELSE -e.points END AS delta
    FROM ledger_accounts a
    LEFT JOIN members k ON k.id = a.member_id AND k.merged_into IS NOT NULL
    JOIN ledger_journal j ON j.account_id = a.id
    JOIN ledger_entries e ON e.journal_id = j.id AND (
         e.credit = 'active'
         AND e.debit IN ('issued', 'goodwill', 'opening', 'adjusted', 'pending', 'clawed_back')
         OR e.credit IN ('clawed_back', 'adjusted') AND e.debit IN ('active', 'debt'))
    WHERE a.wallet_type_id = (SELECT id FROM wallet_types WHERE code = :counted)
      AND j.effective_at >= :since AND j.effective_at <= :at {some}
"""

# What customers did: began_at says whether it was as a member. {mine} is a member's own, looked up for each.
# Never more than was paid goes back, and all of an order that was called off.
_SPEND = """
    SELECT o.customer_id, o.paid_at AS began_at, o.paid_at AS at, o.amount_minor AS delta
    FROM orders o WHERE o.currency = :counted AND o.paid_at IS NOT NULL {mine}
    UNION ALL
    SELECT customer_id, paid_at, at, least(amount_minor, so_far - back) - least(amount_minor, so_far)
    FROM (SELECT o.customer_id, o.paid_at, o.amount_minor, b.at, b.back,
                 sum(b.back) OVER (PARTITION BY o.id ORDER BY b.at, b.id)::bigint AS so_far
          FROM orders o CROSS JOIN LATERAL (
              SELECT r.refund_id AS id, greatest(r.refunded_at, o.paid_at) AS at, r.amount_minor AS back
              FROM order_refunds r WHERE r.order_id = o.id
              UNION ALL SELECT '', greatest(o.cancelled_at, o.paid_at), o.amount_minor
              WHERE o.cancelled_at IS NOT NULL) b
          WHERE o.currency = :counted AND o.paid_at IS NOT NULL
            AND (o.refunded_minor > 0 OR o.cancelled_at IS NOT NULL) {mine}) gone
"""

_ORDERS = """
    SELECT o.customer_id, o.paid_at AS began_at, o.paid_at AS at, 1 AS delta
    FROM orders o WHERE o.paid_at IS NOT NULL AND :counted::text IS NULL {mine}
    UNION ALL
    SELECT o.customer_id, o.paid_at, greatest(o.paid_at, least(o.cancelled_at, (
               SELECT max(r.refunded_at) FROM order_refunds r
               WHERE r.order_id = o.id AND o.refunded_minor >= o.amount_minor))), -1
    FROM orders o
    WHERE o.paid_at IS NOT NULL AND (o.cancelled_at IS NOT NULL
       OR o.refunded_minor > 0 AND o.refunded_minor >= o.amount_minor) {mine}
"""

# Also what somebody did as another customer, whom they were merged with. One condition over both kinds could
# use no index under row-level security.
_EVENTS = """
    SELECT o.id AS customer_id, e.occurred_at AS began_at, e.occurred_at AS at, 1 AS delta
    FROM customers o JOIN events e ON e.customer = o.external_id
    WHERE e.type = :counted AND o.merged_into IS NULL {mine}
    UNION ALL
    SELECT o.merged_into, e.occurred_at, e.occurred_at, 1
    FROM customers o JOIN events e ON e.customer = o.external_id
    WHERE e.type = :counted AND o.merged_into IS NOT NULL {mine_merged}
"""

# Orders and events count from as far before joining as earning does, and until the member left.
_OF_MEMBERS = """
    SELECT m.id AS member_id, x.at, x.delta FROM members m {deeds}
    WHERE x.began_at >= m.joined_at - make_interval(days => :guest_claim_days)
      AND (m.left_at IS NULL OR x.began_at < m.left_at) AND x.at >= :since AND x.at <= :at {some}
"""

# Orders stay those of the customer who made them, also while somebody else stands for them.
_OWN_ORDERS = """AND o.customer_id = ANY (ARRAY(
        SELECT m.customer_id UNION ALL SELECT k.id FROM customers k WHERE k.merged_into = m.customer_id))"""
_SURVIVORS = """
    JOIN (SELECT coalesce(k.merged_into, d.customer_id) AS customer_id, d.began_at, d.at, d.delta
          FROM ({deeds}) d LEFT JOIN customers k ON k.id = d.customer_id AND k.merged_into IS NOT NULL
    ) x ON x.customer_id = m.customer_id
"""
_SOME_ACCOUNTS = """
      AND a.member_id IN (
          SELECT id FROM members WHERE id = ANY (:members::uuid[]) OR merged_into = ANY (:members::uuid[]))
"""

_DEEDS: dict[type[Metric], tuple[str, str]] = {
    Spend: (_SPEND, _OWN_ORDERS),
    Orders: (_ORDERS, _OWN_ORDERS),
    Events: (_EVENTS, "AND o.id = m.customer_id"),
}
"""With what {mine} says."""


def _facts(metric: type[Metric], all_members: bool) -> str:
    if metric is Points:
        return f"facts AS ({_POINTS.format(some='' if all_members else _SOME_ACCOUNTS)})"
    deeds, mine = _DEEDS[metric]
    if all_members:
        source = _SURVIVORS.format(deeds=deeds.format(mine="", mine_merged=""))
        return f"facts AS ({_OF_MEMBERS.format(deeds=source, some='')})"
    merged = "AND o.merged_into = m.customer_id"
    source = f"CROSS JOIN LATERAL ({deeds.format(mine=mine, mine_merged=merged)}) x"
    return f"facts AS ({_OF_MEMBERS.format(deeds=source, some='AND m.id = ANY (:members::uuid[])')})"


# ---------------------------------------------------------------- earned: what the facts are enough for

_MEMBERS = "m.left_at IS NULL {some}"

# One stretch of time for everybody, and the tier is what it is enough for.
_EARNED_NOW = """
metric AS (
    SELECT member_id, sum(delta)::bigint AS value FROM facts GROUP BY 1
), earned AS (
    SELECT m.id AS member_id, m.customer_id, m.joined_at, m.tier_code, m.tier_since, v.value,
           width_bucket(v.value, :thresholds::bigint[]) - 1 AS rank, 'reached' AS basis,
           NULL::timestamptz AS period_start, :today_start::timestamptz AS boundary, v.value AS decides
    FROM members m LEFT JOIN metric x ON x.member_id = m.id
    CROSS JOIN LATERAL (SELECT greatest(0, coalesce(x.value, 0)) AS value) v
    WHERE {members}
)
"""

# A rolling window with grace: what it was enough for at the end of any day of the grace, or is now. The first
# and the last day of the grace have a row whatever happened; between them only what happened can raise it.
_EARNED_WITH_GRACE = """
daily AS (
    SELECT f.member_id, :first_day::date - 1 + width_bucket(f.at, :day_starts::timestamptz[]) AS day,
           sum(f.delta) AS delta
    FROM (SELECT member_id, at, delta FROM facts
          UNION ALL
          SELECT member_id, unnest(ARRAY[:grace_start::timestamptz, :today_start]), 0 FROM facts GROUP BY 1) f
    GROUP BY 1, 2
), running AS (
    SELECT member_id, day, greatest(0, sum(delta) OVER (
               PARTITION BY member_id ORDER BY day
               RANGE BETWEEN make_interval(months => :window_months, days => :window_days) PRECEDING
                         AND CURRENT ROW))::bigint AS value
    FROM daily
), held AS (
    SELECT member_id, max(value) FILTER (WHERE day = :today::date) AS value,
           max(value) FILTER (WHERE day >= :today::date - :grace_days::int) AS best
    FROM running GROUP BY 1
), earned AS (
    SELECT m.id AS member_id, m.customer_id, m.joined_at, m.tier_code, m.tier_since,
           coalesce(h.value, 0) AS value, r.held AS rank,
           CASE WHEN r.held > r.now THEN 'grace' ELSE 'reached' END AS basis,
           NULL::timestamptz AS period_start, :today_start::timestamptz AS boundary,
           greatest(0, h.best) AS decides
    FROM members m LEFT JOIN held h ON h.member_id = m.id
    CROSS JOIN LATERAL (
        SELECT width_bucket(coalesce(h.value, 0), :thresholds::bigint[]) - 1 AS now,
               width_bucket(coalesce(h.best, 0), :thresholds::bigint[]) - 1 AS held) r
    WHERE {members}
)
"""

# Period after period of each member. `back` numbers them from the present one (0) into the past. The highest
# sum within a period says what was reached in it, the sum at its end what is confirmed by it.
_EARNED_BY_PERIOD = """
people AS (
    SELECT m.id, m.customer_id, m.joined_at, m.tier_code, m.tier_since, o.origin,
           period_number(o.origin, :today::date, :months) AS period
    FROM members m CROSS JOIN LATERAL (
        SELECT CASE WHEN :anniversary
                    THEN :first_day::date - 1 + width_bucket(m.joined_at, :day_starts::timestamptz[])
                    ELSE '1970-01-01'::date END AS origin) o
    WHERE {members}
), running AS (
    SELECT p.id AS member_id, k.back, f.delta,
           sum(f.delta) OVER (PARTITION BY p.id, k.back ORDER BY f.at) AS so_far
    FROM facts f JOIN people p ON p.id = f.member_id
    CROSS JOIN LATERAL (
        SELECT p.period - period_number(p.origin, :first_day::date - 1
                                        + width_bucket(f.at, :day_starts::timestamptz[]), :months) AS back) k
), periods AS (
    SELECT member_id, back, sum(delta)::bigint AS value, max(so_far)::bigint AS peak,
           width_bucket(greatest(0, max(so_far))::bigint, :thresholds::bigint[]) - 1 AS reached,
           width_bucket(greatest(0, sum(delta))::bigint, :thresholds::bigint[]) - 1 AS enough
    FROM running GROUP BY 1, 2
), held AS (                        -- landed: one step down with each period that confirmed nothing higher
    SELECT member_id, greatest(0, max(value) FILTER (WHERE back = 0)) AS value,
           max(CASE WHEN :keeps THEN reached ELSE enough END) FILTER (WHERE back = 0) AS reached,
           max(enough) FILTER (WHERE back = 1 AND :keeps) AS requalified,
           max(greatest(enough - back + 1, reached - back)) FILTER (WHERE back > 0 AND :one_step) AS landed,
           CASE WHEN :one_step
                THEN max(greatest(reached - back + 1, CASE WHEN back > 1 THEN enough - back + 2 END))
                     FILTER (WHERE back > 0)
                ELSE max(CASE back WHEN 1 THEN reached WHEN 2 THEN enough END) END AS before_period,
           max(CASE WHEN back = 0 AND :keeps THEN peak
                    WHEN back = 0 OR (back = 1 AND :keeps) THEN value END) AS decides_now,
           max(CASE back WHEN 1 THEN peak WHEN 2 THEN value END) AS decided_before
    FROM periods GROUP BY 1
), earned AS (
    SELECT p.id AS member_id, p.customer_id, p.joined_at, p.tier_code, p.tier_since,
           coalesce(h.value, 0) AS value, r.rank,
           CASE WHEN NOT :keeps OR r.rank = 0 THEN 'reached' WHEN h.requalified >= r.rank THEN 'requalified'
                WHEN h.reached >= r.rank THEN 'reached' WHEN h.landed >= r.rank THEN 'soft_landing'
                ELSE 'grace' END AS basis,
           CASE WHEN :keeps AND r.rank > 0 THEN {period_start} END AS period_start,
           coalesce(CASE WHEN :keeps THEN {grace_end} END, :today_start::timestamptz) AS boundary,
           CASE WHEN :one_step THEN coalesce(h.value, 0)          -- soft landing: no one number decides
                ELSE greatest(0, h.decides_now, CASE WHEN :today::date < s.first + :grace_days::int
                                                     THEN h.decided_before END) END AS decides
    FROM people p LEFT JOIN held h ON h.member_id = p.id
    CROSS JOIN LATERAL (
        SELECT (p.origin + make_interval(months => :months * p.period))::date AS first) s
    CROSS JOIN LATERAL (
        SELECT greatest(0, h.reached, h.requalified, h.landed,
                        CASE WHEN :today::date < s.first + :grace_days::int THEN h.before_period END
                       ) AS rank) r
)
""".replace("{period_start}", "(:day_starts::timestamptz[])[s.first - :first_day::date + 1]").replace(
    "{grace_end}", "(:day_starts::timestamptz[])[s.first + :grace_days::int - :first_day::date + 1]"
)

# ---------------------------------------------------------------- placed: compared with where each member is

_PLACED = """
placed AS (
    SELECT e.member_id, e.customer_id, e.value, e.decides, e.boundary,
           CASE WHEN :is_primary THEN e.tier_code ELSE coalesce(t.tier_code, (:codes::text[])[1]) END
               AS from_code,
           CASE WHEN :is_primary THEN e.tier_since ELSE coalesce(t.since, e.joined_at) END AS since,
           (:codes::text[])[coalesce(o.rank, e.rank) + 1] AS to_code, coalesce(o.rank, e.rank) AS to_rank,
           CASE WHEN o.id IS NULL THEN e.basis ELSE 'override' END AS basis,
           CASE WHEN o.id IS NULL THEN e.period_start END AS period_start,
           o.ends_at AS until, o.id AS override_id,
           t.basis AS old_basis, t.period_start AS old_period_start, t.until AS old_until
    FROM earned e
    LEFT JOIN member_tiers t ON t.member_id = e.member_id AND t.set_code = :set_code
    LEFT JOIN (
        SELECT v.id, v.member_id, v.ends_at, array_position(:codes::text[], v.tier_code) - 1 AS rank
        FROM tier_overrides v
        WHERE v.set_code = :set_code AND v.ended_at IS NULL AND v.starts_at <= :at AND v.ends_at > :at
    ) o ON o.member_id = e.member_id AND o.rank IS NOT NULL
), moves AS (
    SELECT * FROM placed WHERE to_code <> from_code
), marked AS (                                 -- stands for exactly these moves
    SELECT encode(sha256(convert_to(
               coalesce(string_agg(member_id || ' ' || from_code || '>' || to_code, ',' ORDER BY member_id),
                        ''), 'UTF8')), 'hex') AS mark FROM moves
)
"""

# What members earned and spent in a year, for what a draft costs. Points are those of rules that multiply by
# tier (:multiplied), each without its multiplier.
_YEAR = """
, earned_points AS (
    SELECT CASE WHEN k.id IS NULL THEN a.member_id ELSE k.merged_into END AS member_id,
           sum(g.points)::bigint AS points
    FROM ledger_accounts a
    LEFT JOIN members k ON k.id = a.member_id AND k.merged_into IS NOT NULL
    JOIN ledger_journal j ON j.account_id = a.id
    CROSS JOIN LATERAL (
        SELECT sum((r->>'points')::bigint * 100 / (r->>'multiplier_percent')::bigint) AS points
        FROM jsonb_array_elements(CASE WHEN j.reason ? 'rules' THEN j.reason->'rules' ELSE '[]' END) r
        WHERE r->>'version_id' = ANY (:multiplied::text[])) g
    WHERE cardinality(:multiplied::text[]) > 0 AND j.verb = 'earn'
      AND a.wallet_type_id = (SELECT id FROM wallet_types WHERE code = 'points')
      AND j.effective_at > :year_start::timestamptz AND j.effective_at <= :at
    GROUP BY 1
), spent AS (
    SELECT CASE WHEN k.id IS NULL THEN o.customer_id ELSE k.merged_into END AS customer_id,
           sum(greatest(0, o.amount_minor - o.refunded_minor))::bigint AS minor
    FROM orders o LEFT JOIN customers k ON k.id = o.customer_id AND k.merged_into IS NOT NULL
    WHERE o.paid_at > :year_start::timestamptz AND o.paid_at <= :at AND o.currency = :currency
      AND o.cancelled_at IS NULL
    GROUP BY 1
)
"""
_CELLS = """
    SELECT p.from_code, p.to_code, count(*) AS members, coalesce(sum(e.points), 0)::bigint AS points,
           coalesce(sum(s.minor), 0)::bigint AS spend_minor
    FROM placed p LEFT JOIN earned_points e ON e.member_id = p.member_id
    LEFT JOIN spent s ON s.customer_id = p.customer_id
"""

# The examples: of each kind of move those with the least, no two with the same, in turn.
_PREVIEW = f"""
SELECT (SELECT mark FROM marked) AS mark,
       (SELECT coalesce(jsonb_agg(x), '[]') FROM ({_CELLS} GROUP BY 1, 2 ORDER BY 1, 2) x) AS cells,
       (SELECT coalesce(jsonb_agg(x), '[]') FROM (
            SELECT v.member_id, c.external_id, p.name, v.from_code, v.to_code, v.decides AS value
            FROM (SELECT *, row_number() OVER (PARTITION BY from_code, to_code ORDER BY decides) AS n
                  FROM (SELECT DISTINCT ON (from_code, to_code, decides) * FROM moves
                        WHERE basis <> 'override' ORDER BY from_code, to_code, decides, member_id) d) v
            JOIN customers c ON c.id = v.customer_id LEFT JOIN customer_profiles p ON p.customer_id = c.id
            ORDER BY v.n, v.from_code, v.to_code LIMIT 5) x) AS examples
"""

# Everybody by what decides; of who is in a tier by hand, how many.
_CENSUS = f"""
, counted AS MATERIALIZED (
    SELECT p.from_code, p.decides AS value, count(*) AS members, coalesce(sum(e.points), 0)::bigint AS points,
           coalesce(sum(s.minor), 0)::bigint AS spend_minor, any_value(p.member_id) AS example_id
    FROM placed p LEFT JOIN earned_points e ON e.member_id = p.member_id
    LEFT JOIN spent s ON s.customer_id = p.customer_id
    WHERE p.basis <> 'override' GROUP BY 1, 2
), pinned AS ({_CELLS} WHERE p.basis = 'override' GROUP BY 1, 2
), put AS (
    INSERT INTO tier_census_counts (merchant_id, census_id, from_code, value, members, points, spend_minor,
                                    example_id)
    SELECT current_merchant(), :census_id::uuid, from_code, value, sum(members) OVER w, sum(points) OVER w,
           sum(spend_minor) OVER w, example_id
    FROM counted WINDOW w AS (PARTITION BY from_code ORDER BY value)
)
UPDATE tier_censuses
SET from_codes = ARRAY(SELECT DISTINCT from_code FROM counted ORDER BY 1),
    pinned = (SELECT coalesce(jsonb_agg(x), '[]') FROM pinned x)
WHERE id = :census_id
"""

# Only who moves, or holds a tier on another basis than before, is written; nobody by an older view than that
# which put them where they are. What time alone has done is dated when it happened, not when it was noticed.
_APPLY = """
, changes AS (
    SELECT p.*, p.to_code <> p.from_code AS moved, f.falls,
           CASE WHEN p.basis = 'override' THEN 'override' WHEN p.old_basis = 'override' THEN 'override_ended'
                WHEN p.to_code = p.from_code THEN p.basis
                WHEN :keeps AND f.falls AND :cause IN ('earned', 'window') THEN 'downgraded'
                ELSE :cause END AS reason
    FROM placed p
    CROSS JOIN LATERAL (
        SELECT coalesce(p.to_rank < array_position(:codes::text[], p.from_code) - 1, false) AS falls) f
    WHERE (p.since <= :at OR :cause = 'published') AND (p.to_code <> p.from_code
       OR ((p.basis, p.period_start, p.until) IS DISTINCT FROM (p.old_basis, p.old_period_start, p.old_until)
           AND (p.to_rank > 0 OR p.old_basis = 'override' OR p.basis = 'override')))
), dated AS (
    SELECT c.*, greatest(c.since, least(:at::timestamptz,
               CASE WHEN c.reason = 'override_ended' THEN c.old_until
                    WHEN c.reason = 'downgraded' THEN c.boundary
                    WHEN c.reason IN ('requalified', 'grace') THEN coalesce(c.period_start, c.boundary)
                    WHEN c.reason = 'window' AND c.falls THEN c.boundary ELSE :at END)) AS changed_at
    FROM changes c
), put AS (
    INSERT INTO member_tiers AS t (merchant_id, member_id, set_code, tier_code, since, basis, period_start,
                                   until)
    SELECT current_merchant(), member_id, :set_code, to_code, CASE WHEN moved THEN changed_at ELSE since END,
           basis, period_start, until
    FROM dated
    ON CONFLICT (member_id, set_code) DO UPDATE
        SET tier_code = excluded.tier_code, since = excluded.since, basis = excluded.basis,
            period_start = excluded.period_start, until = excluded.until
), mirrored AS (
    UPDATE members m SET tier_code = v.to_code, tier_since = v.changed_at
    FROM dated v WHERE :is_primary AND v.moved AND m.id = v.member_id
), noted AS (
    INSERT INTO tier_changes (merchant_id, member_id, version_id, set_code, from_code, to_code, value, reason,
                              changed_at, override_id)
    SELECT current_merchant(), member_id, :version_id::uuid, :set_code, from_code, to_code, value, reason,
           changed_at, override_id
    FROM dated WHERE moved OR reason IN ('requalified', 'grace', 'override', 'override_ended')
), told AS (
    INSERT INTO outbox (merchant_id, topic, payload, created_at, available_at)
    SELECT current_merchant(), 'tier.changed', jsonb_build_object(
               'set', :set_code::text, 'version_id', :version_id::uuid, 'from', from_code, 'to', to_code,
               'reason', reason,
               'granted', coalesce(:benefits::jsonb->(from_code || '>' || to_code)->'granted', '[]'),
               'withdrawn', coalesce(:benefits::jsonb->(from_code || '>' || to_code)->'withdrawn', '[]'),
               'members', jsonb_agg(jsonb_build_object('member', member_id, 'at', changed_at))),
           :at, :at
    FROM (SELECT *, (row_number() OVER (PARTITION BY from_code, to_code, reason) - 1) / 500 AS part
          FROM dated WHERE moved) x
    GROUP BY from_code, to_code, reason, part
)
SELECT (SELECT count(*) FROM dated WHERE moved) AS moved, (SELECT mark FROM marked) AS mark
"""


Form = Literal["now", "with_grace", "by_period"]
"""Which of the three ways from facts to tiers a set takes."""
_EARNED: dict[Form, str] = {
    "now": _EARNED_NOW,
    "with_grace": _EARNED_WITH_GRACE,
    "by_period": _EARNED_BY_PERIOD,
}


@cache
def _placing(metric: type[Metric], form: Form, all_members: bool) -> str:
    some = "" if all_members else "AND m.id = ANY (:members::uuid[])"
    earned = _EARNED[form].replace("{members}", _MEMBERS.format(some=some))
    return f"WITH {_facts(metric, all_members)}, {earned}, {_PLACED}"


def preview(metric: Metric, form: Form) -> str:
    """Who would move, what that costs and risks; changes nothing."""
    return _placing(type(metric), form, all_members=True) + _YEAR + _PREVIEW


def census(metric: Metric, form: Form) -> str:
    """Count everybody by what decides, for the census :census_id."""
    return _placing(type(metric), form, all_members=True) + _YEAR + _CENSUS


def apply(metric: Metric, form: Form, all_members: bool) -> str:
    """Move who must move, note and tell it."""
    return _placing(type(metric), form, all_members) + _APPLY


def facts_of(metric: Metric) -> str:
    """What the metric counts of each of :members from :since to :at, in order of time."""
    return _facts_of(type(metric))


@cache
def _facts_of(metric: type[Metric]) -> str:
    facts = _facts(metric, all_members=False)
    return (
        f"WITH {facts} SELECT member_id, at, sum(delta)::bigint AS delta FROM facts GROUP BY 1, 2 ORDER BY 2"
    )


@cache
def with_facts(metric: type[Metric], name: str, rows: str) -> str:
    """A statement of its own, `rows` with a column member_id, and in `moments` and `deltas` what facts_of()
    would say of each of these members; NULL: nothing."""
    facts = _facts(metric, all_members=False).replace(
        ":members::uuid[]", f"ARRAY(SELECT member_id FROM {name})"
    )
    return f"""
WITH {name} AS MATERIALIZED ({rows}), {facts}
SELECT {name}.*, f.moments, f.deltas FROM {name} LEFT JOIN (
    SELECT member_id, array_agg(at) AS moments, array_agg(delta) AS deltas
    FROM (SELECT member_id, at, sum(delta)::bigint AS delta FROM facts GROUP BY 1, 2) each GROUP BY 1
) f USING (member_id)
"""


STANDINGS = """
SELECT m.id AS member_id, t.tier_code, coalesce(t.since, m.joined_at) AS since,
       coalesce(t.basis, 'reached') AS basis, t.until, m.joined_at,
       m.tier_code AS primary_code, m.tier_since AS primary_since
FROM members m LEFT JOIN member_tiers t ON t.member_id = m.id AND t.set_code = $2
WHERE m.id = $1
"""

HISTORY = """
SELECT c.id, c.set_code, c.from_code, c.to_code, c.reason, c.value, c.changed_at, v.number AS version,
       o.reason AS note, s.name AS staff
FROM tier_changes c JOIN programme_versions v ON v.id = c.version_id
LEFT JOIN tier_overrides o ON o.id = c.override_id LEFT JOIN staff s ON s.id = o.created_by
WHERE c.member_id = $1 AND ($2::text IS NULL OR c.set_code = $2)
  AND ($3::uuid IS NULL
       OR (c.changed_at, c.id) < (SELECT b.changed_at, b.id FROM tier_changes b WHERE b.id = $3))
ORDER BY c.changed_at DESC, c.id DESC LIMIT $4
"""


# Recalculations of some members run side by side, each with its members locked: it sees all that was
# committed before it, and nobody overtakes it. Placing everybody, and publishing, keep all others out.
SHARE = "SELECT pg_advisory_xact_lock_shared(hashtextextended('tiers ' || current_merchant(), 0))"
ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('tiers ' || current_merchant(), 0))"
# Sums of a million members, in memory.
ROOM = "SET LOCAL work_mem = '128MB'"
LOCK_MEMBERS = "SELECT id FROM members WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE"

# Also what is over by itself: one row a set at most has no end of its own.
END_OVERRIDE = """
UPDATE tier_overrides SET ended_at = least(ends_at, $3), ended_by = CASE WHEN ends_at > $3 THEN $4::uuid END
WHERE member_id = $1 AND set_code = $2 AND ended_at IS NULL
"""
ADD_OVERRIDE = """
INSERT INTO tier_overrides (merchant_id, member_id, set_code, tier_code, starts_at, ends_at, reason,
                            created_by, key_id)
VALUES (current_merchant(), $1, $2, $3, $4, $5, $6, $7, $8)
"""
OVERRIDES = """
SELECT o.id, o.set_code, o.tier_code, o.starts_at, o.ends_at, o.reason, s.name AS staff
FROM tier_overrides o LEFT JOIN staff s ON s.id = o.created_by
WHERE o.member_id = $1 AND o.ended_at IS NULL AND o.ends_at > $2 ORDER BY o.set_code
"""

FIRST_JOINED = "SELECT min(joined_at) FROM members WHERE $1::uuid[] IS NULL OR id = ANY ($1)"

# The versions of rules that multiply by tier, and points of the whole programme from $1 to $2.
MULTIPLIED = """
SELECT id::text FROM earning_rule_versions
WHERE state <> 'draft' AND definition->'effect'->'by_tier' = 'true'
"""
YEAR = """
SELECT (SELECT coalesce(sum(points_pending + points_active + points_held), 0)::bigint FROM ledger_accounts
        WHERE wallet_type_id = w.id) AS points_outstanding,
       (SELECT coalesce(sum(j.points), 0)::bigint FROM ledger_accounts a
        JOIN ledger_journal j ON j.account_id = a.id
        WHERE a.wallet_type_id = w.id AND j.verb = 'earn' AND j.effective_at > $1 AND j.effective_at <= $2
       ) AS points_earned
FROM (SELECT (SELECT id FROM wallet_types WHERE code = 'points') AS id) w
"""

COUNTS = "SELECT tier_code, count(*) AS members FROM members WHERE left_at IS NULL GROUP BY 1"

SWEPT = "SELECT swept_at FROM tier_sweeps"
SWEEP = """
INSERT INTO tier_sweeps (merchant_id, swept_at) VALUES (current_merchant(), $1)
ON CONFLICT (merchant_id) DO UPDATE SET swept_at = excluded.swept_at
"""
# Only where there is something to place: most programmes count points alone, which tell of themselves.
NOTE_COUNTED = """
INSERT INTO outbox (merchant_id, topic, payload, created_at, available_at)
SELECT current_merchant(), 'tiers.counted',
       jsonb_build_object('customers', $1::uuid[], 'external_ids', $2::text[]), $3, $3
WHERE EXISTS (SELECT FROM tier_sets s JOIN programme_versions v ON v.id = s.version_id
              WHERE v.state = 'published' AND s.metric->>'kind' <> 'points')
"""
MEMBERS_OF = """
WITH known AS MATERIALIZED (
    SELECT DISTINCT coalesce(c.merged_into, c.id) AS id FROM customers c
    WHERE c.id = ANY ($1::uuid[]) OR c.external_id = ANY ($2::text[])
)
SELECT m.id FROM members m JOIN known k ON k.id = m.customer_id ORDER BY m.id
"""

MEMBERS_POSTED = """
SELECT DISTINCT a.member_id FROM ledger_journal j
JOIN ledger_accounts a ON a.id = j.account_id JOIN wallet_types w ON w.id = a.wallet_type_id
WHERE j.id BETWEEN $1 AND $2 AND w.code = ANY ($3::text[]) ORDER BY 1
"""

OVERRIDES_OVER = "SELECT DISTINCT member_id FROM member_tiers WHERE until <= $1 LIMIT $2"
