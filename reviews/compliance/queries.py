"""The SQL of the report: counts, and the rows that each count has counted."""

from reviews import reading as reviews
from reviews.compliance.rules import Rows

# What a set consists of; each count below is of one of these, so that a figure and its rows agree.
SETS: dict[Rows, str] = {
    "all": "r.state = 'live'",
    "shown": "r.published",
    "hidden": "r.state = 'live' AND r.moderation = 'hidden' AND r.moderated_by <> 'source'",
    "hidden_there": "r.state = 'live' AND r.moderation = 'hidden' AND r.moderated_by = 'source'",
    "waiting": "r.state = 'live' AND r.moderation IN ('pending', 'held')",
    "removed": "r.state = 'tombstone'",
    "verified": "r.published AND r.verified",
    "unverified": "r.published AND NOT r.verified",
    "incentivised": "r.published AND r.incentivised",
    "ledger": "r.published AND r.disclosure_journal_id IS NOT NULL",
    "insider": "r.published AND r.insider",
    "answered": "r.published AND r.reply <> ''",
    "unanswered": "r.published AND r.reply = ''",
}
_IN_PERIOD = """
    r.merchant_id = $1 AND r.version > 0 AND r.kind = 'review' AND r.received_at >= $2 AND r.received_at < $3
"""

BY_STARS = f"""
    SELECT r.stars, count(*) FILTER (WHERE {SETS["all"]}) AS live,
           {
    ", ".join(
        f"count(*) FILTER (WHERE {SETS[name]}) AS {name}"
        for name in (
            "shown",
            "hidden",
            "hidden_there",
            "waiting",
            "removed",
            "verified",
            "incentivised",
            "ledger",
            "insider",
            "answered",
        )
    )
},
           percentile_cont(0.5) WITHIN GROUP (
               ORDER BY extract(epoch FROM r.replied_at - r.received_at)::float8 / 3600)
               FILTER (WHERE {SETS["answered"]} AND r.replied_at >= r.received_at) AS answer_hours
    FROM reviews r WHERE {_IN_PERIOD} GROUP BY 1 ORDER BY 1 NULLS LAST
"""
# Why: the last decision about each that is hidden now.
REASONS = f"""
    SELECT m.reason, r.stars, count(*) AS reviews FROM reviews r
    CROSS JOIN LATERAL (SELECT x.reason FROM review_moderations x
                        WHERE x.review_id = r.id AND x.moderation = 'hidden' ORDER BY x.id DESC LIMIT 1) m
    WHERE {_IN_PERIOD} AND {SETS["hidden"]} GROUP BY 1, 2 ORDER BY 1, 2 NULLS LAST
"""


def rows(wanted: Rows) -> str:
    """Reviews of a set, the latest first; $4 stars (0: none), $5 reason, $6 after which, $7 how many."""
    return f"""
        SELECT {reviews.COLUMNS} FROM (
            SELECT r.* FROM reviews r
            WHERE {_IN_PERIOD} AND {SETS[wanted]}
              AND ($4::int IS NULL OR CASE WHEN r.stars IS NULL THEN 0 ELSE r.stars END = $4)
              AND ($5::text IS NULL OR $5 = (
                  SELECT x.reason FROM review_moderations x
                  WHERE x.review_id = r.id AND x.moderation = 'hidden' ORDER BY x.id DESC LIMIT 1))
              AND ($6::uuid IS NULL OR r.id < $6)
            ORDER BY r.id DESC LIMIT $7) r {reviews.JOINS}
        ORDER BY r.id DESC
    """


# $4: skip reason, or '' for those that nobody was asked about and no reason is on record.
UNASKED = """
    SELECT o.external_id AS order_word, c.external_id AS customer, o.delivered_at FROM orders o
    LEFT JOIN customers c ON c.id = o.customer_id
    LEFT JOIN review_invitations i ON i.merchant_id = o.merchant_id AND i.order_id = o.id
    WHERE o.merchant_id = $1 AND o.delivered_at >= $2 AND o.delivered_at < $3
      AND CASE WHEN i.id IS NULL THEN '' ELSE coalesce(i.skip_reason, '-') END = $4
    ORDER BY o.delivered_at DESC, o.id LIMIT $5
"""
