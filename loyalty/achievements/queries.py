"""SQL over achievements: which members have reached a goal in which periods, always of a set of members."""

from loyalty.achievements.rules import Entries, Events, Metric, Orders, Spend

# Who stands for another counts what that one did. CASE: under row-level security no index follows coalesce().
_WHO = "JOIN members m ON m.customer_id = CASE WHEN c.merged_into IS NULL THEN c.id ELSE c.merged_into END"

# $1 members (NULL: all), $2 time zone, $3 period, $4 from, $5 until, $6 what the metric names (or NULL).
_DID = {
    Orders: f"""
    SELECT m.id AS member_id, m.joined_at, o.paid_at AS at, 1::bigint AS amount
    FROM orders o JOIN customers c ON c.id = o.customer_id {_WHO}
    WHERE o.delivered_at IS NOT NULL AND o.cancelled_at IS NULL AND o.refunded_minor < o.amount_minor
      AND $6::text IS NULL AND ($1::uuid[] IS NULL OR m.id = ANY ($1))""",
    Spend: f"""
    SELECT m.id AS member_id, m.joined_at, o.paid_at AS at,
           greatest(0, o.amount_minor - o.refunded_minor) AS amount
    FROM orders o JOIN customers c ON c.id = o.customer_id {_WHO}
    WHERE o.delivered_at IS NOT NULL AND o.cancelled_at IS NULL AND o.currency = $6
      AND ($1::uuid[] IS NULL OR m.id = ANY ($1))""",
    Events: f"""
    SELECT m.id AS member_id, m.joined_at, e.occurred_at AS at, 1::bigint AS amount
    FROM events e JOIN customers c ON c.external_id = coalesce(e.data->>'customer_id', e.subject) {_WHO}
    WHERE e.type = $6 AND ($1::uuid[] IS NULL OR m.id = ANY ($1))""",
    Entries: """
    SELECT m.id AS member_id, m.joined_at, j.effective_at AS at, 1::bigint AS amount
    FROM ledger_journal j JOIN ledger_accounts a ON a.id = j.account_id
    JOIN members k ON k.id = a.member_id JOIN members m
      ON m.id = CASE WHEN k.merged_into IS NULL THEN k.id ELSE k.merged_into END
    JOIN wallet_types w ON w.id = a.wallet_type_id AND w.code = 'points'
    JOIN ledger_lots l ON l.journal_id = j.id
    WHERE j.verb = 'earn' AND j.reason->>'rule' = $6 AND l.points_pending = 0
      AND l.points_clawed_back < l.points AND ($1::uuid[] IS NULL OR m.id = ANY ($1))""",
}

_VALUES = """
WITH did AS ({did}
), counted AS (
    SELECT member_id, CASE WHEN $3::text = 'ever' THEN date '1970-01-01'
                           ELSE date_trunc($3, at AT TIME ZONE $2)::date END AS period, amount
    FROM did WHERE at >= joined_at
      AND ($4::timestamptz IS NULL OR at >= $4) AND ($5::timestamptz IS NULL OR at < $5)
), valued AS (
    SELECT member_id, period, sum(amount)::bigint AS value FROM counted GROUP BY 1, 2
)
"""


def values(metric: Metric) -> str:
    """(member_id, period, value) as the relation `valued` of a WITH clause."""
    return _VALUES.replace("{did}", _DID[type(metric)])


OF_MEMBERS = "SELECT member_id, period, value FROM valued"

# $7 the target, $8 how many periods: one.
CHALLENGE = "SELECT member_id, period FROM valued WHERE value >= $7::bigint AND $8::int = 1"

# $7 what each period needs, $8 how many in a row. Consecutive periods have the same distance to their rank.
STREAK = """
SELECT member_id, period FROM (
    SELECT member_id, period, row_number() OVER (PARTITION BY member_id, island ORDER BY period) AS length
    FROM (SELECT member_id, period,
                 period - row_number() OVER (PARTITION BY member_id ORDER BY period)
                          * ('1 ' || $3::text)::interval AS island
          FROM valued WHERE value >= $7::bigint) runs) ranked
WHERE length % $8::int = 0
"""

# $9 the achievement, $10 its code, $11 now. Awards become what members have reached; answers what changed.
SETTLE = """
, reached AS ({reached}
), had AS (
    SELECT w.id, w.member_id, w.period FROM achievement_awards w
    WHERE w.code = $10 AND w.withdrawn_at IS NULL AND ($1::uuid[] IS NULL OR w.member_id = ANY ($1))
), gone AS (
    UPDATE achievement_awards w SET withdrawn_at = $11 FROM had
    WHERE w.id = had.id AND w.achievement_id = $9 AND w.withdrawn_at IS NULL
      AND NOT EXISTS (SELECT FROM reached r WHERE r.member_id = had.member_id AND r.period = had.period)
    RETURNING w.id, w.member_id, w.period, false AS gained
), come AS (
    INSERT INTO achievement_awards (merchant_id, achievement_id, code, member_id, period, awarded_at)
    SELECT current_merchant(), $9, $10, r.member_id, r.period, $11 FROM reached r
    JOIN members m ON m.id = r.member_id AND m.left_at IS NULL
    WHERE NOT EXISTS (SELECT FROM had WHERE had.member_id = r.member_id AND had.period = r.period)
    ORDER BY r.member_id, r.period
    ON CONFLICT (member_id, code, period) WHERE withdrawn_at IS NULL DO NOTHING
    RETURNING id, member_id, period, true AS gained
)
SELECT id, member_id, period, gained FROM gone UNION ALL SELECT id, member_id, period, gained FROM come
"""

ADD = """
INSERT INTO achievements (merchant_id, code, version, definition, created_at)
VALUES (current_merchant(), $1, (SELECT coalesce(max(version), 0) + 1 FROM achievements WHERE code = $1),
        $2, $3)
RETURNING id
"""
RETIRE = "UPDATE achievements SET retired_at = $2 WHERE code = $1 AND retired_at IS NULL RETURNING id"
TURN = "SELECT pg_advisory_xact_lock(hashtextextended('achievement ' || $1 || current_merchant(), 0))"

_ACHIEVEMENT = """
SELECT a.id, a.code, a.version, a.definition, a.created_at, a.retired_at,
       (SELECT count(*) FROM achievement_awards w WHERE w.code = a.code AND w.withdrawn_at IS NULL) AS awards
FROM achievements a
"""
LIVE = _ACHIEVEMENT + "WHERE a.retired_at IS NULL ORDER BY a.code"
ONE = _ACHIEVEMENT + "WHERE a.code = $1 ORDER BY a.version DESC LIMIT 1"

AWARDS = """
SELECT w.code, w.period, w.awarded_at, a.definition
FROM achievement_awards w JOIN achievements a ON a.id = w.achievement_id
WHERE w.member_id = $1 AND w.withdrawn_at IS NULL ORDER BY w.awarded_at DESC, w.id DESC
"""
