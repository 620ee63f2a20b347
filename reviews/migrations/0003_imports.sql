-- Files of reviews that are being taken in: where each run is, so that it goes on after a crash, and what it found.

CREATE TABLE review_imports (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    file_name text NOT NULL,
    fingerprint bytea NOT NULL,                -- of the file: another file never goes on where this one was
    size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
    format text NOT NULL,                      -- auto: as it was found
    encoding text NOT NULL,                    -- '': as it was found
    choices jsonb NOT NULL,                    -- what was said about the file besides what is in it
    -- checking, checked: a dry run of a file that was sent to us; dropped: nobody wants it any more.
    state text NOT NULL CHECK (state IN ('checking', 'checked', 'running', 'done', 'failed', 'dropped')),
    staff_id uuid,                             -- NULL: by command
    offset_bytes bigint NOT NULL DEFAULT 0,    -- of the unpacked content, before the next row
    line bigint NOT NULL DEFAULT 0,
    rows bigint NOT NULL DEFAULT 0,
    bytes_done bigint NOT NULL DEFAULT 0,      -- of the file as it lies there
    rejects_bytes bigint NOT NULL DEFAULT 0,   -- of the reject file beside it
    counts jsonb NOT NULL DEFAULT '{}',
    findings jsonb,                            -- format, columns, samples
    failure text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (merchant_id, id),
    CHECK ((state = 'failed') = (failure IS NOT NULL)),
    FOREIGN KEY (merchant_id, staff_id) REFERENCES staff (merchant_id, id)
);
CREATE INDEX review_imports_unfinished ON review_imports (merchant_id, fingerprint) WHERE state = 'running';
SELECT protect('review_imports', 'SELECT, INSERT, UPDATE');

-- A file that was sent to us, in parts, until it is taken in.
CREATE TABLE review_import_parts (
    merchant_id uuid NOT NULL,
    import_id uuid NOT NULL,
    number int NOT NULL CHECK (number >= 0),
    bytes bytea NOT NULL,
    PRIMARY KEY (import_id, number),
    FOREIGN KEY (merchant_id, import_id) REFERENCES review_imports (merchant_id, id)
);
SELECT protect('review_import_parts', 'SELECT, INSERT, DELETE');

CREATE TABLE review_import_rejects (
    merchant_id uuid NOT NULL,
    import_id uuid NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    line bigint NOT NULL,
    column_name text NOT NULL,                 -- '': the whole row
    code text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (import_id, number),
    FOREIGN KEY (merchant_id, import_id) REFERENCES review_imports (merchant_id, id)
);
SELECT protect('review_import_rejects', 'SELECT, INSERT, DELETE');
