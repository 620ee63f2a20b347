-- What answers are written with, and telephone calls that a cycle owes.

-- ---------------------------------------------------------------- templates

CREATE TABLE case_templates (
    merchant_id uuid NOT NULL REFERENCES merchants,
    code text NOT NULL CHECK (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 60),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    channel text NOT NULL CHECK (channel IN ('any', 'public', 'private')),
    texts jsonb NOT NULL CHECK (jsonb_typeof(texts) = 'object' AND texts <> '{}'),   -- by language
    changed_by uuid,                           -- NULL: by the API
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, code),
    FOREIGN KEY (merchant_id, changed_by) REFERENCES staff (merchant_id, id)
);
SELECT protect('case_templates', 'SELECT, INSERT, UPDATE, DELETE');

-- ---------------------------------------------------------------- telephone

-- What became of a call; calls from before have none, and counted as spoken.
ALTER TABLE case_messages
    ADD outcome text CHECK (outcome IN ('reached', 'declined', 'no_answer', 'voicemail', 'wrong_number')),
    ADD CHECK (outcome IS NULL OR kind = 'call');
-- The policy of this cycle wants the customer to be called before the case is resolved, and nobody has done so.
ALTER TABLE cases ADD call_owed bool NOT NULL DEFAULT false;
CREATE INDEX cases_call_owed ON cases (merchant_id, rank_at, id) WHERE open AND call_owed;
