-- Files of opening balances that somebody of the staff sent: why, what became of the rows, who approved it. The file
-- itself is there only while it waits for a second person, a week at most.
CREATE TABLE opening_imports (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    file_name text NOT NULL,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    create_members bool NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'done', 'rejected', 'lapsed')),
    content bytea,
    found jsonb NOT NULL,                      -- counts, and the first rows that cannot be taken in
    asked_by uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    decided_by uuid,                           -- NULL: nobody had to, or nobody did for a week (lapsed)
    decided_at timestamptz,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, asked_by) REFERENCES staff (merchant_id, id),
    FOREIGN KEY (merchant_id, decided_by) REFERENCES staff (merchant_id, id),
    CHECK (decided_by <> asked_by OR state = 'rejected'),  -- whoever sent it may take it back
    CHECK ((state = 'waiting') = (content IS NOT NULL)),
    CHECK (state <> 'rejected' OR decided_by IS NOT NULL)
);
SELECT protect('opening_imports', 'SELECT, INSERT');
GRANT UPDATE (state, content, found, decided_by, decided_at) ON opening_imports TO regulars_app;
