-- Every state of a case, clocks that can stand still, and what each cycle was promised.

-- ---------------------------------------------------------------- states

ALTER TABLE cases
    DROP CONSTRAINT cases_state_check,
    DROP CONSTRAINT cases_check,
    ADD CONSTRAINT cases_state_check CHECK (state IN
        ('new', 'triaged', 'assigned', 'in_progress', 'waiting_for_customer', 'waiting_for_us',
         'waiting_for_third_party', 'remedy_offered', 'reopened', 'resolved', 'closed', 'spam', 'duplicate')),
    ALTER open SET EXPRESSION AS (state NOT IN ('resolved', 'closed', 'spam', 'duplicate')),
    ADD duplicate_of uuid,
    ADD CONSTRAINT cases_done CHECK (open = (resolved_at IS NULL)),
    ADD CONSTRAINT cases_duplicate CHECK ((state = 'duplicate') = (duplicate_of IS NOT NULL) AND duplicate_of <> id),
    ADD FOREIGN KEY (merchant_id, duplicate_of) REFERENCES cases (merchant_id, id);

-- ---------------------------------------------------------------- what a cycle was promised

-- Kept by content: thousands of cycles share one row. What a policy says later changes none.
CREATE TABLE case_terms (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
    terms jsonb NOT NULL,                      -- reviews.cases.targets.rules.Terms
    created_at timestamptz NOT NULL,
    UNIQUE (merchant_id, fingerprint),
    UNIQUE (merchant_id, id)
);
SELECT protect('case_terms', 'SELECT, INSERT');
SELECT append_only('case_terms');

-- ---------------------------------------------------------------- clocks

ALTER TABLE case_clocks
    ADD round int NOT NULL DEFAULT 1 CHECK (round > 0),     -- the next reply is owed anew each time the customer writes
    ADD terms_id uuid,                                      -- NULL: started before terms were kept
    -- When 50, 80, 100, 150 and 200 % of the target will have passed; NULL: while it stands still nobody knows.
    ADD marks timestamptz[] CHECK (cardinality(marks) = 5),
    ADD said smallint NOT NULL DEFAULT 0 CHECK (said BETWEEN 0 AND 5),
    ADD counted_from timestamptz,                           -- since when it runs without a pause
    ADD worked interval NOT NULL DEFAULT '0',               -- working time before that
    ADD paused_at timestamptz,
    ADD pauses int NOT NULL DEFAULT 0,
    ADD FOREIGN KEY (merchant_id, terms_id) REFERENCES case_terms (merchant_id, id);
UPDATE case_clocks k SET
    marks = CASE WHEN c.state = 'waiting_for_customer' AND k.due_at > c.updated_at
                      AND k.satisfied_at IS NULL AND k.stopped_at IS NULL AND k.cycle = c.cycle
                 THEN ARRAY[NULL, NULL, NULL, NULL, NULL]::timestamptz[]
                 ELSE ARRAY[k.started_at + k.target_s * interval '0.5 s', k.warn_at, k.due_at,
                            k.started_at + k.target_s * interval '1.5 s', k.started_at + k.target_s * interval '2 s'] END,
    -- What was missed long ago is on the patrol's list; nobody is told of it once more.
    said = CASE WHEN k.breached_at IS NOT NULL THEN 5 WHEN k.warned_at IS NOT NULL THEN 2 ELSE 0 END,
    counted_from = k.started_at,
    worked = CASE WHEN c.state = 'waiting_for_customer' AND k.due_at > c.updated_at
                       AND k.satisfied_at IS NULL AND k.stopped_at IS NULL AND k.cycle = c.cycle
                  THEN c.updated_at - k.started_at ELSE '0' END,
    paused_at = CASE WHEN c.state = 'waiting_for_customer' AND k.due_at > c.updated_at
                          AND k.satisfied_at IS NULL AND k.stopped_at IS NULL AND k.cycle = c.cycle
                     THEN c.updated_at END,
    pauses = (c.state = 'waiting_for_customer' AND k.due_at > c.updated_at
              AND k.satisfied_at IS NULL AND k.stopped_at IS NULL AND k.cycle = c.cycle)::int
FROM cases c WHERE c.id = k.case_id;
DROP INDEX case_clocks_warn, case_clocks_due;
ALTER TABLE case_clocks
    DROP CONSTRAINT case_clocks_pkey,
    ADD PRIMARY KEY (case_id, cycle, kind, round),
    ADD CHECK (kind = 'next_reply' OR round = 1),
    ALTER marks SET NOT NULL,
    ALTER counted_from SET NOT NULL,
    DROP warn_at,
    DROP warned_at,
    ADD next_at timestamptz GENERATED ALWAYS AS (marks[said + 1]) STORED;
CREATE INDEX case_clocks_next ON case_clocks (merchant_id, next_at)
    WHERE next_at IS NOT NULL AND satisfied_at IS NULL AND stopped_at IS NULL;

UPDATE cases c SET due_at = (
    SELECT min(k.due_at) FROM case_clocks k WHERE k.case_id = c.id AND k.cycle = c.cycle
       AND k.satisfied_at IS NULL AND k.stopped_at IS NULL AND k.paused_at IS NULL)
WHERE c.state = 'waiting_for_customer';

-- What a clock says, it says once for each (cycle, clock, round, event, level), whatever the workers do.
CREATE UNIQUE INDEX case_events_clock_once ON case_events
    (case_id, cycle, (detail ->> 'clock'), coalesce(detail ->> 'round', '1'), kind, coalesce(detail ->> 'level', '1'))
    WHERE kind LIKE 'clock\_%';
DROP INDEX case_events_clock;
ALTER TABLE case_events ADD CHECK (kind NOT LIKE 'clock\_%' OR detail ? 'clock');

INSERT INTO case_events (merchant_id, case_id, cycle, kind, actor, detail, at)
SELECT merchant_id, case_id, cycle, 'clock_paused', 'system', jsonb_build_object('clock', kind, 'round', round, 'level', 1), paused_at
FROM case_clocks WHERE paused_at IS NOT NULL;

-- ---------------------------------------------------------------- what was said by telephone

ALTER TABLE case_messages
    DROP CONSTRAINT case_messages_kind_check,
    ADD CONSTRAINT case_messages_kind_check
        CHECK (kind IN ('public_reply', 'private_message', 'call', 'note', 'customer_message'));
