-- Why a review reads as it does, what staff say it says, and what a model in the shadow would have said.

-- Stars and text disagree. What was flagged before has one of the older reasons: it need not be read again.
ALTER TABLE review_flags DROP CONSTRAINT review_flags_reason_check;
ALTER TABLE review_flags ADD CONSTRAINT review_flags_reason_check
    CHECK (reason IN ('rating', 'sentiment', 'urgency', 'mismatch')) NOT VALID;

-- Of flagged reviews: the words without which the model would read something else.
CREATE TABLE review_evidence (
    merchant_id uuid NOT NULL,
    review_id uuid NOT NULL,
    version int NOT NULL,
    model text NOT NULL,
    sentiment text NOT NULL CHECK (sentiment IN ('negative', 'neutral', 'positive')),
    probability real NOT NULL,                 -- of `sentiment`, of the whole text
    words text[] NOT NULL,
    remaining real NOT NULL,                   -- the probability without these words
    aspects jsonb NOT NULL,                    -- {aspect: the words that speak of it}
    explained_at timestamptz NOT NULL,
    PRIMARY KEY (review_id, version, model),
    FOREIGN KEY (merchant_id, review_id) REFERENCES reviews (merchant_id, id),
    FOREIGN KEY (review_id, version) REFERENCES review_versions (review_id, number)
);
SELECT protect('review_evidence', 'SELECT, INSERT');
SELECT append_only('review_evidence');

-- What a person says that a wording says; the last word of each counts. Scores are never rewritten by it.
CREATE TABLE review_corrections (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    review_id uuid NOT NULL,
    version int NOT NULL,
    sentiment text NOT NULL CHECK (sentiment IN ('negative', 'neutral', 'positive')),
    stars smallint CHECK (stars BETWEEN 1 AND 5),  -- as the text reads, not as the customer gave; NULL: unsure
    aspects jsonb,                             -- {aspect: polarity}, all of them; NULL: nobody looked
    model text NOT NULL,                       -- whose score was corrected; '': there was none
    staff_id uuid,                             -- NULL: by the API
    corrected_at timestamptz NOT NULL,
    CHECK (stars IS NULL OR sentiment = CASE WHEN stars <= 2 THEN 'negative' WHEN stars = 3 THEN 'neutral'
                                             ELSE 'positive' END),
    FOREIGN KEY (merchant_id, review_id) REFERENCES reviews (merchant_id, id),
    FOREIGN KEY (review_id, version) REFERENCES review_versions (review_id, number),
    FOREIGN KEY (merchant_id, staff_id) REFERENCES staff (merchant_id, id)
);
CREATE INDEX review_corrections_review ON review_corrections (review_id, version, id DESC);
SELECT protect('review_corrections', 'SELECT, INSERT');
SELECT append_only('review_corrections');

-- What a second model reads in the same wordings. Nobody sees it but who compares the two.
CREATE TABLE review_shadow_scores (
    merchant_id uuid NOT NULL,
    review_id uuid NOT NULL,
    version int NOT NULL,
    model text NOT NULL,
    stars_predicted smallint NOT NULL CHECK (stars_predicted BETWEEN 1 AND 5),
    sentiment text NOT NULL CHECK (sentiment IN ('negative', 'neutral', 'positive')),
    negative real NOT NULL,
    flagged bool NOT NULL,                     -- whether it would flag the text
    answered_by text NOT NULL,                 -- the model that answered, its score is in review_scores
    answered_flagged bool NOT NULL,
    scored_at timestamptz NOT NULL,
    PRIMARY KEY (review_id, version, model),
    FOREIGN KEY (merchant_id, review_id) REFERENCES reviews (merchant_id, id),
    FOREIGN KEY (review_id, version, answered_by) REFERENCES review_scores (review_id, version, model)
);
CREATE INDEX review_shadow_scores_model ON review_shadow_scores (merchant_id, model, scored_at);
SELECT protect('review_shadow_scores', 'SELECT, INSERT');
SELECT append_only('review_shadow_scores');
