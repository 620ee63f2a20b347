"""The SQL of corrections and of models side by side; the last correction of a wording counts."""

INSERT = """
    INSERT INTO review_corrections (merchant_id, review_id, version, sentiment, stars, aspects, model,
        staff_id, corrected_at)
    SELECT $1, r.id, r.version, $3, $4, $5::jsonb,
           coalesce((SELECT s.model FROM review_scores s WHERE s.review_id = r.id AND s.version = r.version
                     ORDER BY s.scored_at DESC LIMIT 1), ''), $6, $7
    FROM reviews r WHERE r.id = $2 AND r.version > 0
    RETURNING id
"""
LAST = """
    SELECT c.sentiment, c.stars, c.aspects, c.corrected_at, coalesce(s.name, '') AS person
    FROM review_corrections c JOIN reviews r ON r.id = c.review_id AND r.version = c.version
    LEFT JOIN staff s ON s.id = c.staff_id
    WHERE c.review_id = $1 ORDER BY c.id DESC LIMIT 1
"""
CORRECTED = """
    SELECT DISTINCT ON (c.review_id, c.version) c.review_id, c.version, c.sentiment, c.stars, c.aspects,
           v.title, v.body, v.lang
    FROM review_corrections c
    JOIN review_versions v ON v.review_id = c.review_id AND v.number = c.version
    WHERE (c.review_id, c.version) > ($1, $2) AND (v.title || v.body) ~ '[^[:space:]]'
    ORDER BY c.review_id, c.version, c.id DESC LIMIT $3
"""
# Wordings that the model $3 answered and the shadow $4 has not read.
TO_SHADOW = """
    SELECT w.n, v.review_id, v.number, v.title, v.body, v.lang,
           EXISTS (SELECT FROM review_flags f WHERE f.review_id = v.review_id AND f.version = v.number
                   AND f.reason = 'sentiment') AS flagged
    FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS w (review_id, number, n)
    JOIN review_versions v USING (review_id, number)
    JOIN review_scores s ON s.review_id = v.review_id AND s.version = v.number AND s.model = $3
    WHERE NOT EXISTS (SELECT FROM review_shadow_scores x
                      WHERE x.review_id = v.review_id AND x.version = v.number AND x.model = $4)
"""
INSERT_SHADOW = """
    INSERT INTO review_shadow_scores (merchant_id, review_id, version, model, stars_predicted, sentiment,
        negative, flagged, answered_by, answered_flagged, scored_at)
    SELECT $1, review_id, version, $2, stars, sentiment, negative, flagged, $3, answered_flagged, $4
    FROM unnest($5::uuid[], $6::int[], $7::smallint[], $8::text[], $9::real[], $10::bool[], $11::bool[])
         AS t (review_id, version, stars, sentiment, negative, flagged, answered_flagged)
    ON CONFLICT (review_id, version, model) DO NOTHING
"""
_PAIRS = """
    pairs AS (
        SELECT x.review_id, x.version, x.model, x.answered_by, x.flagged, x.answered_flagged, x.sentiment,
               s.sentiment AS answered, x.stars_predicted AS stars, s.stars_predicted AS answered_stars,
               x.negative, s.negative AS answered_negative, c.sentiment AS truth
        FROM review_shadow_scores x
        JOIN review_scores s
            ON s.review_id = x.review_id AND s.version = x.version AND s.model = x.answered_by
        LEFT JOIN LATERAL (SELECT k.sentiment FROM review_corrections k
                           WHERE k.review_id = x.review_id AND k.version = x.version
                           ORDER BY k.id DESC LIMIT 1) c ON true)
"""
COMPARISONS = f"""
    WITH {_PAIRS}
    SELECT answered_by, model AS shadow, count(*) AS reviews,
           count(*) FILTER (WHERE sentiment = answered) AS same_sentiment,
           count(*) FILTER (WHERE stars = answered_stars) AS same_stars,
           count(*) FILTER (WHERE flagged AND NOT answered_flagged) AS newly_flagged,
           count(*) FILTER (WHERE answered_flagged AND NOT flagged) AS no_longer_flagged,
           avg(stars - answered_stars)::float8 AS star_shift,
           avg(negative - answered_negative)::float8 AS negative_shift,
           count(truth) AS corrected,
           count(*) FILTER (WHERE truth = answered) AS answered_right,
           count(*) FILTER (WHERE truth = sentiment) AS shadow_right
    FROM pairs GROUP BY answered_by, model ORDER BY count(*) DESC, 1, 2
"""
# Where two models differ most.
DIFFERENCES = f"""
    WITH {_PAIRS}
    SELECT p.review_id, p.answered, p.sentiment, p.answered_stars, p.stars, p.answered_negative, p.negative,
           v.title, v.body, v.lang, c.id AS case_id
    FROM pairs p JOIN review_versions v ON v.review_id = p.review_id AND v.number = p.version
    LEFT JOIN case_reviews x ON x.review_id = p.review_id LEFT JOIN cases c ON c.id = x.case_id
    WHERE p.answered_by = $1 AND p.model = $2
      AND (p.sentiment <> p.answered OR p.flagged <> p.answered_flagged)
    ORDER BY abs(p.negative - p.answered_negative) DESC, p.review_id LIMIT $3
"""
