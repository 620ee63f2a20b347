-- Segments have versions; a list of members can be one; orders say how much they were reduced.

-- Each version has a code of its own: what names one keeps it. `base` is the code of the first.
ALTER TABLE segments
    ADD COLUMN base text,
    ADD COLUMN version int NOT NULL DEFAULT 1 CHECK (version > 0),
    ADD COLUMN created_by uuid,                -- of the staff; NULL: the API
    ADD FOREIGN KEY (merchant_id, created_by) REFERENCES staff (merchant_id, id),
    DISABLE TRIGGER USER;
UPDATE segments SET base = code;
ALTER TABLE segments
    ENABLE TRIGGER USER,
    ALTER COLUMN base SET NOT NULL,
    ADD UNIQUE (merchant_id, base, version);

-- Members as they were once in a segment. What the segment used, the list uses too.
CREATE TABLE member_lists (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    segment_id uuid NOT NULL,
    taints text[] NOT NULL CHECK (taints <@ ARRAY['review', 'case', 'survey']),
    taken_at timestamptz NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, segment_id) REFERENCES segments (merchant_id, id)
);
SELECT protect('member_lists', 'SELECT, INSERT');
SELECT append_only('member_lists');

CREATE TABLE member_list_members (
    merchant_id uuid NOT NULL,
    list_id uuid NOT NULL,
    member_id uuid NOT NULL,
    PRIMARY KEY (list_id, member_id),
    FOREIGN KEY (merchant_id, list_id) REFERENCES member_lists (merchant_id, id),
    FOREIGN KEY (merchant_id, member_id) REFERENCES members (merchant_id, id)
);
SELECT protect('member_list_members', 'SELECT, INSERT');
SELECT append_only('member_list_members');

-- The bounds of the fifths of all who bought: days since the last order, orders and money of a year. Kept for a day, so
-- that where one member stands is a comparison and no count of everybody.
CREATE TABLE rfm_bounds (
    merchant_id uuid PRIMARY KEY REFERENCES merchants,
    currency text NOT NULL,
    recency bigint[] NOT NULL CHECK (cardinality(recency) = 4),
    frequency bigint[] NOT NULL CHECK (cardinality(frequency) = 4),
    money bigint[] NOT NULL CHECK (cardinality(money) = 4),
    counted_at timestamptz NOT NULL
);
SELECT protect('rfm_bounds', 'SELECT, INSERT, UPDATE');

ALTER TABLE orders ADD COLUMN discount_minor bigint NOT NULL DEFAULT 0 CHECK (discount_minor >= 0);
