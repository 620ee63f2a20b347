-- Accounts at review sources: what they were connected with, how far each is read, and replies on their way there.

CREATE TABLE review_accounts (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    source text NOT NULL CHECK (source ~ '^[a-z][a-z0-9_]{0,39}$'),
    account text NOT NULL CHECK (length(account) BETWEEN 1 AND 255),  -- as its reviews name it
    name text NOT NULL,
    settings jsonb NOT NULL,                   -- what it was connected with and is no secret
    credentials bytea,                         -- the rest, sealed with a key that is not in the database
    token bytea,                               -- sealed too; it runs out and is renewed
    state text NOT NULL CHECK (state IN ('connected', 'refused', 'disconnected')),
    synced_to timestamptz,                     -- what was written before is here
    synced_at timestamptz,
    next_at timestamptz NOT NULL,
    full_at timestamptz NOT NULL,              -- when to list everything next, to find what is gone
    failures int NOT NULL DEFAULT 0,           -- in a row
    problem text,                              -- a code; NULL: the last attempt went well
    problem_detail text NOT NULL DEFAULT '',
    lease uuid,                                -- of the worker that reads it now
    leased_until timestamptz,
    created_at timestamptz NOT NULL,
    created_by uuid,
    UNIQUE (merchant_id, source, account),
    UNIQUE (merchant_id, id),
    CHECK ((state = 'disconnected') = (credentials IS NULL)),
    CHECK (credentials IS NOT NULL OR token IS NULL),
    CHECK (num_nonnulls(lease, leased_until) <> 1),
    FOREIGN KEY (merchant_id, created_by) REFERENCES staff (merchant_id, id)
);
SELECT protect('review_accounts', 'SELECT, INSERT, UPDATE');
SELECT open_gate('review_accounts', 'SELECT');

-- One pass over an account's reviews: of what is new, or of all. It goes on where it was interrupted.
CREATE TABLE review_syncs (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    mode text NOT NULL CHECK (mode IN ('incremental', 'full')),
    state text NOT NULL CHECK (state IN ('running', 'done', 'failed', 'suspicious')),
    accept_removals bool NOT NULL DEFAULT false, -- somebody has looked: however many are gone
    since timestamptz,
    cursor text NOT NULL DEFAULT '',
    started_at timestamptz NOT NULL,
    listed_at timestamptz,                     -- the list was read to its end
    ended_at timestamptz,
    pages int NOT NULL DEFAULT 0,
    total int,                                 -- as the source says
    seen int NOT NULL DEFAULT 0,
    new int NOT NULL DEFAULT 0,
    changed int NOT NULL DEFAULT 0,
    removed int NOT NULL DEFAULT 0,
    rejected int NOT NULL DEFAULT 0,
    reject text NOT NULL DEFAULT '',           -- why, of the last one
    UNIQUE (merchant_id, id),
    CHECK ((state = 'running') = (ended_at IS NULL)),
    CHECK (mode = 'full' OR removed = 0),
    CHECK (removed = 0 OR listed_at IS NOT NULL), -- only a complete pass removes anything
    FOREIGN KEY (merchant_id, account_id) REFERENCES review_accounts (merchant_id, id)
);
CREATE UNIQUE INDEX review_syncs_running ON review_syncs (account_id) WHERE state = 'running';
CREATE INDEX review_syncs_latest ON review_syncs (account_id, id DESC);
SELECT protect('review_syncs', 'SELECT, INSERT, UPDATE');

-- What a full pass has seen so far; gone when it ends.
CREATE TABLE review_sightings (
    merchant_id uuid NOT NULL,
    sync_id uuid NOT NULL,
    external_id text NOT NULL,
    PRIMARY KEY (sync_id, external_id),
    FOREIGN KEY (merchant_id, sync_id) REFERENCES review_syncs (merchant_id, id)
);
SELECT protect('review_sightings', 'SELECT, INSERT, DELETE');

-- Whose account a webhook is for; its signature is checked after that.
CREATE FUNCTION gate_review_account(p_id uuid) RETURNS TABLE (merchant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT merchant_id FROM review_accounts WHERE id = p_id AND state <> 'disconnected';
$$;
REVOKE ALL ON FUNCTION gate_review_account(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gate_review_account(uuid) TO regulars_app;
ALTER FUNCTION gate_review_account(uuid) OWNER TO regulars_gate;

-- A reply that goes to its source is on its way until the source has acknowledged it.
ALTER TABLE case_messages
    ADD attempts smallint NOT NULL DEFAULT 0,  -- how often the source was asked in vain
    DROP CONSTRAINT case_messages_state_check,
    ADD CONSTRAINT case_messages_state_check
        CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'cancelled'));
DO $$
DECLARE v_name text;
BEGIN
    SELECT conname INTO STRICT v_name FROM pg_constraint
    WHERE conrelid = 'case_messages'::regclass AND contype = 'c'
      AND pg_get_constraintdef(oid) LIKE '%failure IS NOT NULL%';
    EXECUTE format('ALTER TABLE case_messages DROP CONSTRAINT %I', v_name);
END $$;
ALTER TABLE case_messages
    ADD CHECK (state <> 'failed' OR failure IS NOT NULL),
    ADD CHECK (failure IS NULL OR state IN ('sending', 'failed'));
DROP INDEX case_messages_queued;
CREATE UNIQUE INDEX case_messages_waiting ON case_messages (case_id)
    WHERE kind = 'public_reply' AND state IN ('queued', 'sending');
