-- Reviews in a staff member's language, by a language model that the installation names.

CREATE TABLE review_translations (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    review_id uuid NOT NULL,
    version int NOT NULL,
    language text NOT NULL CHECK (language IN ('en', 'zh-Hans', 'zh-Hant')),
    state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'ready', 'failed')),
    attempts smallint NOT NULL DEFAULT 0,
    model text NOT NULL,
    asked_by uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    body text,
    failure text,
    ended_at timestamptz,
    CHECK ((state = 'asked') = (ended_at IS NULL)),
    CHECK ((state = 'ready') = (body IS NOT NULL)),
    CHECK ((state = 'failed') = (failure IS NOT NULL)),
    FOREIGN KEY (review_id, version) REFERENCES review_versions (review_id, number),
    FOREIGN KEY (merchant_id, review_id) REFERENCES reviews (merchant_id, id),
    FOREIGN KEY (merchant_id, asked_by) REFERENCES staff (merchant_id, id)
);
-- One for each wording and language, unless it failed.
CREATE UNIQUE INDEX review_translations_wording ON review_translations (review_id, version, language)
    WHERE state <> 'failed';
CREATE INDEX review_translations_review ON review_translations (review_id, id);
SELECT protect('review_translations', 'SELECT, INSERT, UPDATE');
