-- What the shop knows and tells: articles in versions, found by meaning and by words.

CREATE TABLE knowledge_articles (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    code text NOT NULL CHECK (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 60),
    created_at timestamptz NOT NULL,
    UNIQUE (merchant_id, id),
    UNIQUE (merchant_id, code)
);
SELECT protect('knowledge_articles', 'SELECT, INSERT, UPDATE');

-- At most one draft and one published version an article; what was published once never changes.
CREATE TABLE knowledge_versions (
    merchant_id uuid NOT NULL,
    article_id uuid NOT NULL,
    number int NOT NULL CHECK (number > 0),
    state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'published', 'superseded', 'withdrawn')),
    texts jsonb NOT NULL CHECK (jsonb_typeof(texts) = 'object' AND texts <> '{}'),  -- reviews.knowledge.model.Texts
    revision int NOT NULL DEFAULT 1,           -- of the draft: two people at once are told
    written_by uuid,                           -- NULL: by the API
    written_at timestamptz NOT NULL,
    published_by uuid,
    published_at timestamptz,
    ended_by uuid,
    ended_at timestamptz,                      -- superseded or withdrawn
    PRIMARY KEY (article_id, number),
    CHECK ((state = 'draft') = (published_at IS NULL)),
    CHECK ((state IN ('superseded', 'withdrawn')) = (ended_at IS NOT NULL)),
    FOREIGN KEY (merchant_id, article_id) REFERENCES knowledge_articles (merchant_id, id),
    FOREIGN KEY (merchant_id, written_by) REFERENCES staff (merchant_id, id),
    FOREIGN KEY (merchant_id, published_by) REFERENCES staff (merchant_id, id),
    FOREIGN KEY (merchant_id, ended_by) REFERENCES staff (merchant_id, id)
);
CREATE UNIQUE INDEX knowledge_versions_draft ON knowledge_versions (article_id) WHERE state = 'draft';
CREATE UNIQUE INDEX knowledge_versions_live ON knowledge_versions (article_id) WHERE state = 'published';
CREATE INDEX knowledge_versions_merchant ON knowledge_versions (merchant_id, state);
SELECT protect('knowledge_versions', 'SELECT, INSERT, UPDATE');

CREATE FUNCTION knowledge_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft' AND (NEW.texts, NEW.published_at) IS DISTINCT FROM (OLD.texts, OLD.published_at)
       OR NEW.number <> OLD.number
       OR NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN
          (('draft', 'published'), ('published', 'superseded'), ('published', 'withdrawn')) THEN
        RAISE EXCEPTION 'a version of an article that was published is history' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stays BEFORE UPDATE ON knowledge_versions FOR EACH ROW EXECUTE FUNCTION knowledge_version_stays();

-- What of the published version is searched. Derived, so replaced with it; `model` NULL: not read yet.
CREATE TABLE knowledge_passages (
    merchant_id uuid NOT NULL,
    article_id uuid NOT NULL,
    number int NOT NULL,
    lang text NOT NULL,
    n smallint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('title', 'asked', 'passage')),
    body text NOT NULL,
    read_as text NOT NULL,                     -- what is embedded: a passage with its title
    model text,                                -- embeddings of two models do not compare
    embedding vector(384) CHECK (embedding IS NULL OR model IS NOT NULL),
    PRIMARY KEY (article_id, lang, n),
    FOREIGN KEY (merchant_id, article_id) REFERENCES knowledge_articles (merchant_id, id),
    FOREIGN KEY (article_id, number) REFERENCES knowledge_versions (article_id, number)
);
-- A shop has hundreds of articles, not millions: all of its passages are compared, exactly.
CREATE INDEX knowledge_passages_merchant ON knowledge_passages (merchant_id, model);
SELECT protect('knowledge_passages', 'SELECT, INSERT, UPDATE, DELETE');

CREATE TABLE knowledge_words (
    merchant_id uuid NOT NULL,
    article_id uuid NOT NULL,
    lang text NOT NULL,
    head text[] NOT NULL,                      -- stems of the title and of how customers ask
    words text[] NOT NULL,                     -- and of the body
    PRIMARY KEY (article_id, lang),
    FOREIGN KEY (merchant_id, article_id) REFERENCES knowledge_articles (merchant_id, id)
);
CREATE INDEX knowledge_words_merchant ON knowledge_words (merchant_id);
SELECT protect('knowledge_words', 'SELECT, INSERT, UPDATE, DELETE');

-- Was it helpful? One word a customer and version, the last one counts.
CREATE TABLE knowledge_votes (
    merchant_id uuid NOT NULL,
    article_id uuid NOT NULL,
    number int NOT NULL,
    customer_id uuid NOT NULL,
    helpful bool NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (article_id, number, customer_id),
    FOREIGN KEY (article_id, number) REFERENCES knowledge_versions (article_id, number),
    FOREIGN KEY (merchant_id, article_id) REFERENCES knowledge_articles (merchant_id, id),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id)
);
SELECT protect('knowledge_votes', 'SELECT, INSERT, UPDATE');

-- What customers asked, personal data covered, and whether an article answered it: what is missing is seen. Kept 90 days.
CREATE TABLE knowledge_questions (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    question text NOT NULL CHECK (length(question) BETWEEN 1 AND 500),
    lang text NOT NULL,
    article_id uuid,                           -- the best; NULL: none is anywhere near
    sure bool NOT NULL,
    at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, article_id) REFERENCES knowledge_articles (merchant_id, id)
);
CREATE INDEX knowledge_questions_time ON knowledge_questions (merchant_id, at);
SELECT protect('knowledge_questions', 'SELECT, INSERT, DELETE');
