-- What an owner has put right by hand in a plain table, and why.
CREATE TABLE repairs (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    staff_id uuid NOT NULL,
    table_name text NOT NULL,
    row_id uuid NOT NULL,
    was jsonb NOT NULL,                        -- the columns that changed, by name
    became jsonb NOT NULL,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, staff_id) REFERENCES staff (merchant_id, id)
);
CREATE INDEX repairs_row ON repairs (merchant_id, table_name, row_id, id DESC);
SELECT protect('repairs', 'SELECT, INSERT');
SELECT append_only('repairs');
