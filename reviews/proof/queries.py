"""The SQL of reports: everything out of raw events, each figure with what it was counted of.

Each statement takes $1 merchant, $2 and $3 the period, $4 team, $5 person, $6 aspect; NULL or '' is any.
"""

# The complaints of a case: what the newest score of its reviews calls negative.
_COMPLAINTS = """
    SELECT DISTINCT a ->> 'aspect' AS aspect FROM case_reviews x
    CROSS JOIN LATERAL (SELECT s.aspects FROM review_scores s WHERE s.review_id = x.review_id
                        ORDER BY s.version DESC, s.scored_at DESC LIMIT 1) s
    CROSS JOIN LATERAL jsonb_array_elements(s.aspects) a
    WHERE x.case_id = c.id AND a ->> 'polarity' = 'negative'
"""


def _only(person: str) -> str:
    """Which cases; `person` is the column of whoever is counted."""
    return f"""
        ($4::uuid IS NULL OR c.team_id = $4) AND ($5::uuid IS NULL OR {person} = $5)
        AND ($6 = '' OR EXISTS (SELECT FROM ({_COMPLAINTS}) q WHERE q.aspect = $6))
        AND c.state NOT IN ('spam', 'duplicate')
    """


# Cycles that were resolved in the period, the last time each, by whom, and what came of it. A contact: the
# shop wrote or called.
_RESOLVED = f"""
    SELECT e.case_id, e.cycle, e.staff_id, c.team_id,
           ARRAY({_COMPLAINTS}) AS aspects,
           EXISTS (SELECT FROM case_events r
                   WHERE r.case_id = e.case_id AND r.kind = 'reopened' AND r.cycle > e.cycle) AS reopened,
           (SELECT count(*) FROM case_messages m
            WHERE m.case_id = e.case_id AND m.cycle = e.cycle AND m.created_at <= e.at
              AND m.kind IN ('public_reply', 'private_message', 'call')
              AND (m.state IS NULL OR m.state <> 'cancelled')) AS contacts,
           (SELECT x.score FROM case_surveys s JOIN case_survey_answers x ON x.survey_id = s.id
            WHERE s.merchant_id = e.merchant_id AND s.case_id = e.case_id AND s.cycle = e.cycle
              AND x.question = 'csat' ORDER BY x.id DESC LIMIT 1) AS csat,
           (SELECT x.score FROM case_surveys s JOIN case_survey_answers x ON x.survey_id = s.id
            WHERE s.merchant_id = e.merchant_id AND s.case_id = e.case_id AND s.cycle = e.cycle
              AND x.question = 'effort' ORDER BY x.id DESC LIMIT 1) AS effort
    FROM case_events e JOIN cases c ON c.id = e.case_id
    WHERE e.merchant_id = $1 AND e.kind = 'resolved' AND e.at >= $2 AND e.at < $3 AND {_only("e.staff_id")}
      AND NOT EXISTS (SELECT FROM case_events n WHERE n.case_id = e.case_id AND n.kind = 'resolved'
                      AND n.cycle = e.cycle AND n.id > e.id)
"""
_FIGURES = """
    count(*)::int AS resolved,
    count(*) FILTER (WHERE reopened)::int AS reopened,
    count(*) FILTER (WHERE cycle = 1)::int AS first_cycles,
    count(*) FILTER (WHERE cycle = 1 AND contacts = 1 AND NOT reopened)::int AS first_contact,
    count(csat)::int AS csat_answers, count(*) FILTER (WHERE csat >= 4)::int AS csat_satisfied,
    count(effort)::int AS effort_answers, count(*) FILTER (WHERE effort >= 4)::int AS effort_easy
"""
RESOLVED = f"WITH r AS ({_RESOLVED}) SELECT {_FIGURES} FROM r"
BY_PERSON = f"""
    WITH r AS ({_RESOLVED})
    SELECT s.name, x.* FROM (SELECT staff_id, {_FIGURES} FROM r GROUP BY 1) x
    JOIN staff s ON s.id = x.staff_id
    ORDER BY x.resolved DESC, s.name LIMIT 100
"""
BY_TEAM = f"""
    WITH r AS ({_RESOLVED})
    SELECT t.name, x.* FROM (SELECT team_id, {_FIGURES} FROM r GROUP BY 1) x
    JOIN case_teams t ON t.id = x.team_id
    ORDER BY x.resolved DESC, t.name LIMIT 100
"""
BY_ASPECT = f"""
    WITH r AS ({_RESOLVED})
    SELECT a AS name, {_FIGURES} FROM r CROSS JOIN unnest(aspects) a GROUP BY 1 ORDER BY 2 DESC, 1
"""

OPENED = f"""
    SELECT count(*)::int AS opened,
           count(*) FILTER (WHERE EXISTS (SELECT FROM case_events e WHERE e.case_id = c.id
                                          AND e.kind IN ('sent', 'call')))::int AS answered,
           count(*) FILTER (WHERE c.open AND c.answered_at IS NULL)::int AS waiting
    FROM cases c
    WHERE c.merchant_id = $1 AND c.opened_at >= $2 AND c.opened_at < $3 AND {_only("c.owner_id")}
"""

# Working time as it was counted when the clock was satisfied; percentile_disc answers a case that there was.
CLOCKS = f"""
    SELECT e.detail ->> 'clock' AS clock, count(*)::int AS count,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY (e.detail ->> 'worked_s')::int) AS p50_s,
           percentile_disc(0.9) WITHIN GROUP (ORDER BY (e.detail ->> 'worked_s')::int) AS p90_s,
           count(*) FILTER (WHERE NOT (e.detail ->> 'late')::bool)::int AS in_time
    FROM case_events e JOIN cases c ON c.id = e.case_id
    WHERE e.merchant_id = $1 AND e.kind = 'clock_satisfied' AND e.at >= $2 AND e.at < $3
      AND e.detail ? 'worked_s' AND {_only("c.owner_id")}
    GROUP BY 1 ORDER BY 1
"""

# Reviews whose case was answered, with their stars then and now, and all that the shop wrote meanwhile.
REVISED = f"""
    SELECT f.at IS NOT NULL AND later.number IS NOT NULL AS revised,
           CASE WHEN later.number IS NULL THEN '' ELSE (
               SELECT string_agg(m.body, E'\\n') FROM case_messages m
               WHERE m.case_id = c.id AND m.kind IN ('public_reply', 'private_message')
                 AND (m.state IS NULL OR m.state <> 'cancelled')
                 AND m.created_at <= later.received_at) END AS said
    FROM cases c
    JOIN reviews r ON r.id = c.review_id
    CROSS JOIN LATERAL (SELECT min(e.at) AS at FROM case_events e
                        WHERE e.case_id = c.id AND e.kind IN ('sent', 'call')) f
    LEFT JOIN LATERAL (
        SELECT v.number, v.received_at FROM review_versions v JOIN review_versions b
            ON b.review_id = v.review_id AND b.number = v.number - 1
        WHERE v.review_id = r.id AND v.received_at > f.at AND v.rating_norm > b.rating_norm
        ORDER BY v.number LIMIT 1) later ON true
    WHERE c.merchant_id = $1 AND c.opened_at >= $2 AND c.opened_at < $3 AND f.at IS NOT NULL
      AND {_only("c.owner_id")}
"""

# Surveys after a delivery are about no case: they have no team, no person and no aspect.
RECOMMEND = """
    SELECT a.score, count(*)::int AS count FROM case_surveys s
    CROSS JOIN LATERAL (SELECT x.score FROM case_survey_answers x
                        WHERE x.survey_id = s.id AND x.question = 'nps' ORDER BY x.id DESC LIMIT 1) a
    WHERE s.merchant_id = $1 AND s.answered_at >= $2 AND s.answered_at < $3 GROUP BY 1
"""
ASKED = """
    SELECT s.kind, count(*)::int AS asked, count(s.answered_at)::int AS answered FROM case_surveys s
    WHERE s.merchant_id = $1 AND s.sent_at >= $2 AND s.sent_at < $3 GROUP BY 1
"""

_ONE_PERSON = "SELECT k.id FROM customers k WHERE k.id = p.id OR k.merged_into = p.id"
# Whether somebody paid for an order within so many days, and did not call it off; those whose days are not
# over yet are not counted.
_BOUGHT = f"""
    (SELECT count(*) > 0 FROM orders o
     WHERE o.customer_id IN ({_ONE_PERSON}) AND o.cancelled_at IS NULL
       AND o.paid_at > p.at AND o.paid_at <= p.at + d.n * interval '1 day')
"""
# First resolutions in the period, one a customer; $7 now.
RECOVERED = f"""
    WITH first AS (
        SELECT DISTINCT ON (p.id) p.id, e.at
        FROM case_events e JOIN cases c ON c.id = e.case_id JOIN customers k ON k.id = c.customer_id
        JOIN customers p ON p.id = CASE WHEN k.merged_into IS NULL THEN k.id ELSE k.merged_into END
        WHERE e.merchant_id = $1 AND e.kind = 'resolved' AND e.at >= $2 AND e.at < $3
          AND {_only("e.staff_id")}
        ORDER BY p.id, e.at)
    SELECT d.n AS days, count(*)::int AS of, count(*) FILTER (WHERE {_BOUGHT})::int AS count
    FROM first p CROSS JOIN unnest(ARRAY[30, 60, 90]) AS d (n)
    WHERE p.at + d.n * interval '1 day' <= $7 GROUP BY 1 ORDER BY 1
"""
# As assigned, whatever was given: the first case of each customer in this holdout. $1 holdout, $2 now.
ARMS = f"""
    WITH first AS (
        SELECT DISTINCT ON (p.id) p.id, a.arm, a.assigned_at AS at, a.case_id
        FROM case_arms a JOIN customers k ON k.id = a.customer_id
        JOIN customers p ON p.id = CASE WHEN k.merged_into IS NULL THEN k.id ELSE k.merged_into END
        WHERE a.holdout_id = $1 ORDER BY p.id, a.assigned_at, a.case_id)
    SELECT d.n AS days, p.arm, count(*)::int AS of,
           count(*) FILTER (WHERE {_BOUGHT})::int AS count
    FROM first p CROSS JOIN unnest(ARRAY[30, 60, 90]) AS d (n)
    WHERE p.at + d.n * interval '1 day' <= $2 GROUP BY 1, 2 ORDER BY 1, 2
"""
ARM_SIZES = """
    SELECT a.arm, count(*)::int AS assigned,
           count(*) FILTER (WHERE EXISTS (
               SELECT FROM case_remedies r WHERE r.case_id = a.case_id))::int AS given,
           count(o.case_id)::int AS overridden
    FROM case_arms a LEFT JOIN case_arm_overrides o ON o.case_id = a.case_id
    WHERE a.holdout_id = $1 GROUP BY 1 ORDER BY 1
"""
# The newest one in which somebody was held out.
HOLDOUT = """
    SELECT id, share, began_at FROM case_holdouts WHERE share > 0 ORDER BY id DESC LIMIT 1
"""
PEOPLE = """
    SELECT DISTINCT s.id, s.name FROM staff s JOIN cases c ON c.owner_id = s.id WHERE c.merchant_id = $1
    ORDER BY s.name, s.id LIMIT 200
"""
TEAMS = "SELECT id, name FROM case_teams ORDER BY name"
