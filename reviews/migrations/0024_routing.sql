-- Who gets a case and when it is looked at: teams, the rank in the queue, and reviews that join a case.

-- ---------------------------------------------------------------- reviews of a case

-- A review is in one case for ever: the one that it opened, or one that was open when it came.
CREATE TABLE case_reviews (
    merchant_id uuid NOT NULL,
    case_id uuid NOT NULL,
    review_id uuid PRIMARY KEY,
    joined_at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, case_id) REFERENCES cases (merchant_id, id),
    FOREIGN KEY (merchant_id, review_id) REFERENCES reviews (merchant_id, id)
);
SELECT protect('case_reviews', 'SELECT, INSERT');
SELECT append_only('case_reviews');
INSERT INTO case_reviews (merchant_id, case_id, review_id, joined_at)
SELECT merchant_id, id, review_id, opened_at FROM cases WHERE review_id IS NOT NULL;
CREATE INDEX case_reviews_case ON case_reviews (case_id);
CREATE INDEX reviews_order ON reviews (order_id) WHERE order_id IS NOT NULL;

-- ---------------------------------------------------------------- teams

CREATE TABLE case_teams (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    name text NOT NULL CHECK (name <> ''),
    aspects text[] NOT NULL DEFAULT '{}',      -- of what customers complain about; empty: of anything
    languages text[] NOT NULL DEFAULT '{}',    -- empty: any
    lead_id uuid,                              -- told when the owner has missed a target
    changed_by uuid,
    changed_at timestamptz NOT NULL,
    UNIQUE (merchant_id, id),
    UNIQUE (merchant_id, name),
    FOREIGN KEY (merchant_id, lead_id) REFERENCES staff (merchant_id, id),
    FOREIGN KEY (merchant_id, changed_by) REFERENCES staff (merchant_id, id)
);
SELECT protect('case_teams', 'SELECT, INSERT, UPDATE, DELETE');

CREATE TABLE case_team_people (
    merchant_id uuid NOT NULL,
    team_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    capacity int NOT NULL CHECK (capacity BETWEEN 1 AND 10000),  -- open cases that this person can own
    PRIMARY KEY (team_id, staff_id),
    FOREIGN KEY (merchant_id, team_id) REFERENCES case_teams (merchant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (merchant_id, staff_id) REFERENCES staff (merchant_id, id)
);
SELECT protect('case_team_people', 'SELECT, INSERT, UPDATE, DELETE');

-- ---------------------------------------------------------------- the queue

-- A point of priority is worth an hour of waiting: who waits rises by itself, and the order needs no upkeep.
-- Subtracting hours depends on no time zone, so this is immutable.
CREATE FUNCTION case_rank(p_opened_at timestamptz, p_priority smallint) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN p_opened_at - p_priority * interval '1 hour'; END $$;

DROP INDEX cases_open, cases_unanswered, cases_mine;
ALTER TABLE cases
    ADD rank_at timestamptz NOT NULL GENERATED ALWAYS AS (case_rank(opened_at, priority)) STORED,
    ADD team_id uuid,
    ADD assigned_at timestamptz,               -- when its owner got it
    ADD snoozed_until timestamptz,             -- not in the queue until then; its clocks run on
    ADD FOREIGN KEY (merchant_id, team_id) REFERENCES case_teams (merchant_id, id) ON DELETE SET NULL (team_id);
CREATE INDEX cases_open ON cases (merchant_id, rank_at, id) WHERE open AND snoozed_until IS NULL;
CREATE INDEX cases_unanswered ON cases (merchant_id, rank_at, id)
    WHERE open AND snoozed_until IS NULL AND answered_at IS NULL;
CREATE INDEX cases_mine ON cases (owner_id, rank_at, id) WHERE open;
CREATE INDEX cases_unowned ON cases (merchant_id, rank_at, id) WHERE open AND owner_id IS NULL;
CREATE INDEX cases_snoozed ON cases (merchant_id, snoozed_until) WHERE open AND snoozed_until IS NOT NULL;
UPDATE cases SET assigned_at = opened_at WHERE open AND owner_id IS NOT NULL;

-- Which of the reviews of a case a public reply answers; NULL: the one that opened it.
ALTER TABLE case_messages
    ADD review_id uuid,
    ADD FOREIGN KEY (review_id) REFERENCES case_reviews (review_id);
