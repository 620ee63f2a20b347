-- What people make of the queue themselves: tags on cases, lists of their own, and deeds on many cases that can be taken back.

CREATE TABLE case_tags (
    merchant_id uuid NOT NULL REFERENCES merchants,
    case_id uuid NOT NULL,
    tag text NOT NULL CHECK (length(tag) BETWEEN 1 AND 40 AND tag = btrim(tag)),
    staff_id uuid NOT NULL,
    added_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, tag),
    FOREIGN KEY (merchant_id, case_id) REFERENCES cases (merchant_id, id),
    FOREIGN KEY (merchant_id, staff_id) REFERENCES staff (merchant_id, id)
);
CREATE INDEX case_tags_of_merchant ON case_tags (merchant_id, tag, case_id);
SELECT protect('case_tags', 'SELECT, INSERT, DELETE');

CREATE TABLE case_views (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    staff_id uuid NOT NULL,                    -- whose it is
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60 AND name = btrim(name)),
    filter jsonb NOT NULL,                     -- reviews.cases.filters.Filter
    made_at timestamptz NOT NULL,
    UNIQUE (staff_id, name),
    FOREIGN KEY (merchant_id, staff_id) REFERENCES staff (merchant_id, id)
);
SELECT protect('case_views', 'SELECT, INSERT, UPDATE, DELETE');

-- What each case was before a deed on many, for whoever did it to take it back.
CREATE TABLE case_bulk_deeds (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    staff_id uuid NOT NULL,
    deed text NOT NULL CHECK (deed IN ('assign', 'snooze', 'tag')),
    cases jsonb NOT NULL,                      -- reviews.cases.bulk.Before, one a case
    done_at timestamptz NOT NULL,
    undone_at timestamptz,
    FOREIGN KEY (merchant_id, staff_id) REFERENCES staff (merchant_id, id)
);
CREATE INDEX case_bulk_deeds_old ON case_bulk_deeds (merchant_id, done_at);
SELECT protect('case_bulk_deeds', 'SELECT, INSERT, UPDATE, DELETE');
