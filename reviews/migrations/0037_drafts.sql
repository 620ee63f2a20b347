-- Drafts of answers by a language model that the installation names; nothing here is ever sent by itself.

CREATE TABLE case_drafts (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    case_id uuid NOT NULL,
    cycle int NOT NULL,
    asked_by uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'ready', 'failed')),
    attempts smallint NOT NULL DEFAULT 0,
    model text NOT NULL,
    body text,
    sources jsonb,                             -- what it cites: reviews.cases.drafting.rules.Cited
    failure text,
    ended_at timestamptz,
    CHECK ((state = 'asked') = (ended_at IS NULL)),
    CHECK ((state = 'ready') = (body IS NOT NULL)),
    CHECK (CASE WHEN state = 'ready' THEN jsonb_array_length(sources) > 0 ELSE sources IS NULL END),
    CHECK ((state = 'failed') = (failure IS NOT NULL)),
    FOREIGN KEY (merchant_id, case_id) REFERENCES cases (merchant_id, id),
    FOREIGN KEY (merchant_id, asked_by) REFERENCES staff (merchant_id, id)
);
CREATE UNIQUE INDEX case_drafts_asked ON case_drafts (case_id) WHERE state = 'asked';
CREATE INDEX case_drafts_case ON case_drafts (case_id, id);
SELECT protect('case_drafts', 'SELECT, INSERT, UPDATE');
