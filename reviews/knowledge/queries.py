"""The SQL of the knowledge base, in the open transaction."""

# ---------------------------------------------------------------- articles and versions

# Who changes an article locks it first.
LOCK = """
    SELECT id FROM knowledge_articles WHERE merchant_id = current_merchant() AND code = $1
    FOR NO KEY UPDATE
"""
INSERT_ARTICLE = """
    INSERT INTO knowledge_articles (merchant_id, code, created_at) VALUES ($1, $2, $3)
    ON CONFLICT (merchant_id, code) DO NOTHING
"""
DRAFT = "SELECT number, revision FROM knowledge_versions WHERE article_id = $1 AND state = 'draft'"
CHANGE_DRAFT = """
    UPDATE knowledge_versions SET texts = $3::jsonb, written_by = $4, written_at = $5, revision = revision + 1
    WHERE article_id = $1 AND number = $2
"""
INSERT_DRAFT = """
    INSERT INTO knowledge_versions (merchant_id, article_id, number, texts, written_by, written_at)
    SELECT $1, $2, coalesce(max(number), 0) + 1, $3::jsonb, $4, $5
    FROM knowledge_versions WHERE article_id = $2
"""
END_LIVE = """
    UPDATE knowledge_versions SET state = $2, ended_by = $3, ended_at = $4
    WHERE article_id = $1 AND state = 'published' RETURNING number
"""
PUBLISH = """
    UPDATE knowledge_versions SET state = 'published', published_by = $2, published_at = $3
    WHERE article_id = $1 AND state = 'draft' RETURNING number, texts
"""
_VERSION = """
    v.number, v.state, v.texts, v.revision, coalesce(s.name, '') AS written_by, v.written_at, v.published_at,
    v.ended_at
"""
# Without history, for lists: the live version, the draft, or else the last.
LISTED = f"""
    SELECT a.id, a.code, {_VERSION}, coalesce(t.helpful, 0) AS helpful, coalesce(t.unhelpful, 0) AS unhelpful
    FROM knowledge_articles a
    JOIN knowledge_versions v ON v.article_id = a.id AND (v.state IN ('draft', 'published') OR v.number =
         (SELECT max(number) FROM knowledge_versions l WHERE l.article_id = a.id))
    LEFT JOIN staff s ON s.id = v.written_by
    LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE helpful)::int AS helpful,
                              count(*) FILTER (WHERE NOT helpful)::int AS unhelpful
                       FROM knowledge_votes x
                       WHERE x.article_id = a.id AND x.number = v.number AND v.state = 'published') t ON true
    WHERE a.merchant_id = current_merchant() AND ($1::text IS NULL OR a.code > $1)
    ORDER BY a.code, v.number DESC LIMIT $2
"""
ONE = f"""
    SELECT a.id, a.code, {_VERSION}, 0 AS helpful, 0 AS unhelpful
    FROM knowledge_articles a JOIN knowledge_versions v ON v.article_id = a.id
    LEFT JOIN staff s ON s.id = v.written_by
    WHERE a.merchant_id = current_merchant() AND a.code = $1 ORDER BY v.number DESC
"""
VOTES = """
    SELECT count(*) FILTER (WHERE helpful)::int AS helpful,
           count(*) FILTER (WHERE NOT helpful)::int AS unhelpful
    FROM knowledge_votes WHERE article_id = $1 AND number = $2
"""
VOTE = """
    INSERT INTO knowledge_votes (merchant_id, article_id, number, customer_id, helpful, at)
    SELECT $1, a.id, v.number, $4, $5, $6
    FROM knowledge_articles a
    JOIN knowledge_versions v ON v.article_id = a.id AND v.number = $3 AND v.state <> 'draft'
    WHERE a.merchant_id = $1 AND a.code = $2
    ON CONFLICT (article_id, number, customer_id) DO UPDATE SET helpful = excluded.helpful, at = excluded.at
    RETURNING number
"""

# ---------------------------------------------------------------- what is searched

FORGET_PASSAGES = "DELETE FROM knowledge_passages WHERE article_id = $1"
FORGET_WORDS = "DELETE FROM knowledge_words WHERE article_id = $1"
INSERT_PASSAGES = """
    INSERT INTO knowledge_passages (merchant_id, article_id, number, lang, n, kind, body, read_as)
    SELECT $1, $2, $3, lang, n, kind, body, read_as
    FROM unnest($4::text[], $5::smallint[], $6::text[], $7::text[], $8::text[])
         AS t (lang, n, kind, body, read_as)
"""
INSERT_WORDS = """
    INSERT INTO knowledge_words (merchant_id, article_id, lang, head, words)
    SELECT $1, $2, lang, tsvector_to_array(to_tsvector('review_words', head)),
           tsvector_to_array(to_tsvector('review_words', head || ' ' || body))
    FROM unnest($3::text[], $4::text[], $5::text[]) AS t (lang, head, body)
"""
UNREAD = """
    SELECT article_id, lang, n, read_as FROM knowledge_passages
    WHERE article_id = ANY ($1::uuid[]) AND model IS DISTINCT FROM $2
    ORDER BY article_id, lang, n
"""
# A version that was overtaken meanwhile has other passages: what was read counts only for the same words.
EMBED = """
    UPDATE knowledge_passages p SET model = $1, embedding = t.embedding::vector
    FROM unnest($2::uuid[], $3::text[], $4::smallint[], $5::text[], $6::text[])
         AS t (article_id, lang, n, read_as, embedding)
    WHERE p.article_id = t.article_id AND p.lang = t.lang AND p.n = t.n AND p.read_as = t.read_as
"""
# Articles that another model has read, unless work of that kind waits already.
STALE = """
    SELECT DISTINCT article_id FROM knowledge_passages
    WHERE merchant_id = current_merchant() AND model IS DISTINCT FROM $1
      AND NOT EXISTS (SELECT FROM outbox WHERE topic = $2)
    ORDER BY article_id LIMIT 1000
"""

NEAR = """
    SELECT article_id, max(1 - (embedding <=> $2::vector))::float8 AS near FROM knowledge_passages
    WHERE merchant_id = current_merchant() AND model = $1 AND embedding IS NOT NULL GROUP BY article_id
"""
# Of each article the share of the question's words that it has, in its title and ways to ask and in all of
# it; a word that few articles have counts more. The best of its languages counts.
WORDS = """
    WITH asked AS MATERIALIZED (
        SELECT DISTINCT w FROM unnest(tsvector_to_array(to_tsvector('review_words', $1))) w),
    article AS MATERIALIZED (
        SELECT article_id, lang, head, words FROM knowledge_words WHERE merchant_id = current_merchant()),
    found AS MATERIALIZED (
        SELECT k.article_id, k.lang, u.w, bool_or(u.head) AS head, bool_or(NOT u.head) AS body
        FROM article k CROSS JOIN LATERAL (
            SELECT w, true AS head FROM unnest(k.head) w UNION ALL SELECT w, false FROM unnest(k.words) w) u
        JOIN asked USING (w) GROUP BY 1, 2, 3),
    weight AS (
        SELECT w, ln((n.articles + 1)::float8 / (0.5 + count(*) FILTER (WHERE f.head))) AS head,
               ln((n.articles + 1)::float8 / (0.5 + count(*) FILTER (WHERE f.body))) AS body
        FROM asked LEFT JOIN found f USING (w) CROSS JOIN (SELECT count(*) AS articles FROM article) n
        GROUP BY w, n.articles),
    each_language AS (
        SELECT f.article_id, coalesce(sum(x.head) FILTER (WHERE f.head), 0) AS head,
               coalesce(sum(x.body) FILTER (WHERE f.body), 0) AS body
        FROM found f JOIN weight x USING (w) GROUP BY f.article_id, f.lang)
    SELECT article_id, (max(e.head / t.head) + max(e.body / t.body)) / 2 AS words
    FROM each_language e CROSS JOIN (SELECT sum(head) AS head, sum(body) AS body FROM weight) t
    GROUP BY article_id
"""
LIVE = """
    SELECT a.id, a.code, v.number, v.texts FROM knowledge_articles a
    JOIN knowledge_versions v ON v.article_id = a.id AND v.state = 'published'
    WHERE a.merchant_id = current_merchant() AND a.id = ANY ($1::uuid[])
"""
LIVE_COUNT = """
    SELECT count(*) FROM knowledge_versions WHERE merchant_id = current_merchant() AND state = 'published'
"""

# ---------------------------------------------------------------- what was asked

KEEP_QUESTION = """
    INSERT INTO knowledge_questions (merchant_id, question, lang, article_id, sure, at)
    VALUES ($1, $2, $3, $4, $5, $6)
"""
FORGET_QUESTIONS = "DELETE FROM knowledge_questions WHERE merchant_id = current_merchant() AND at < $1"
UNANSWERED = """
    SELECT q.question, q.lang, count(*)::int AS times, max(q.at) AS last_at,
           coalesce((array_agg(a.code ORDER BY q.at DESC))[1], '') AS nearest
    FROM knowledge_questions q LEFT JOIN knowledge_articles a ON a.id = q.article_id
    WHERE q.merchant_id = current_merchant() AND NOT q.sure AND q.at >= $1
    GROUP BY q.question, q.lang ORDER BY times DESC, last_at DESC LIMIT $2
"""
