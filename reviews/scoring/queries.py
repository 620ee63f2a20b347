"""The SQL of scoring: whole batches, in the open transaction."""

TEXTS = """
    SELECT w.n, v.review_id, v.number, v.title, v.body, v.lang, v.rating_norm
    FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS w (review_id, number, n)
    JOIN review_versions v USING (review_id, number)
"""
INSERT_SCORES = """
    INSERT INTO review_scores (merchant_id, review_id, version, model, stars, stars_expected, stars_predicted,
        sentiment, negative, neutral, positive, aspects, lang, scored_at)
    SELECT $1, review_id, version, model, ARRAY(SELECT jsonb_array_elements_text(stars::jsonb)::real),
           expected, predicted, sentiment, negative, neutral, positive, aspects::jsonb, lang, $2
    FROM unnest($3::uuid[], $4::int[], $5::text[], $6::text[], $7::real[], $8::smallint[], $9::text[],
                $10::real[], $11::real[], $12::real[], $13::text[], $14::text[])
         AS t (review_id, version, model, stars, expected, predicted, sentiment,
               negative, neutral, positive, aspects, lang)
    ON CONFLICT (review_id, version, model) DO NOTHING
"""
INSERT_FLAGS = """
    INSERT INTO review_flags (merchant_id, review_id, version, reason, detail, flagged_at)
    SELECT $1, review_id, version, reason, detail::jsonb, $2
    FROM unnest($3::uuid[], $4::int[], $5::text[], $6::text[]) AS t (review_id, version, reason, detail)
    ON CONFLICT (review_id, version, reason) DO NOTHING
"""
# An older wording is scored, too, but what is compared is what its author says now.
EMBED = """
    INSERT INTO review_embeddings (merchant_id, review_id, version, model, embedding)
    SELECT $1, t.review_id, t.version, t.model, t.embedding::vector
    FROM unnest($2::uuid[], $3::int[], $4::text[], $5::text[]) AS t (review_id, version, model, embedding)
    JOIN reviews r ON r.id = t.review_id AND r.version = t.version
    ORDER BY t.review_id
    ON CONFLICT (review_id) DO UPDATE
    SET version = excluded.version, model = excluded.model, embedding = excluded.embedding
    WHERE (review_embeddings.version, review_embeddings.model) <> (excluded.version, excluded.model)
"""
# Below and above, for an index knows no "another"; nothing while what was found last is still queued.
OUTDATED = """
    SELECT r.id, r.version FROM review_embeddings e
    JOIN reviews r ON r.id = e.review_id AND r.version = e.version AND r.state = 'live'
    WHERE e.merchant_id = $1 AND (e.model < $2 OR e.model > $2)
      AND NOT EXISTS (SELECT FROM outbox WHERE topic = $3)
    ORDER BY r.id DESC LIMIT $4
"""
FORGET_EMBEDDINGS = """
    DELETE FROM review_embeddings e
    USING unnest($1::uuid[], $2::int[]) AS t (review_id, version), reviews r
    WHERE e.review_id = t.review_id AND r.id = t.review_id AND r.version = t.version
      AND e.version <> t.version
"""
TO_EXPLAIN = """
    SELECT w.n, v.review_id, v.number, v.title, v.body, v.lang
    FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS w (review_id, number, n)
    JOIN review_versions v USING (review_id, number)
    WHERE NOT EXISTS (SELECT FROM review_evidence e
                      WHERE e.review_id = v.review_id AND e.version = v.number AND e.model = $3)
"""
INSERT_EVIDENCE = """
    INSERT INTO review_evidence (merchant_id, review_id, version, model, sentiment, probability, words,
        remaining, aspects, explained_at)
    SELECT $1, review_id, version, $2, sentiment, probability,
           ARRAY(SELECT jsonb_array_elements_text(words::jsonb)), remaining, aspects::jsonb, $3
    FROM unnest($4::uuid[], $5::int[], $6::text[], $7::real[], $8::text[], $9::real[], $10::text[])
         AS t (review_id, version, sentiment, probability, words, remaining, aspects)
    ON CONFLICT (review_id, version, model) DO NOTHING
"""
PROGRESS = """
    SELECT count(*) AS total,
           count(*) FILTER (WHERE EXISTS (SELECT FROM review_scores s
                            WHERE s.review_id = v.review_id AND s.version = v.number)) AS scored
    FROM review_versions v
"""

# $1 the topics under which reviews wait for the model.
WAITING = "SELECT EXISTS (SELECT FROM outbox WHERE topic = ANY ($1::text[]) AND parked_at IS NULL)"
