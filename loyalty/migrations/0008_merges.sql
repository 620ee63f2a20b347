-- One customer stands for another from some moment on, until that is undone. docs/decisions/0008-merges.md.

-- Always whoever stands for the member now. Who is merged has left, so that readers of members need not know of it.
ALTER TABLE members
    ADD merged_into uuid CHECK (merged_into <> id),
    ADD FOREIGN KEY (merchant_id, merged_into) REFERENCES members (merchant_id, id) DEFERRABLE INITIALLY DEFERRED,
    ADD CHECK (merged_into IS NULL OR left_at IS NOT NULL);
CREATE INDEX members_merged ON members (merged_into) WHERE merged_into IS NOT NULL;

-- Each merge, with what undoing it needs: what it changed on the members' rows. The points are the ledger's matter.
CREATE TABLE member_merges (
    id uuid PRIMARY KEY,
    merchant_id uuid NOT NULL,
    source_id uuid NOT NULL,                   -- customers; whether they are members or not
    survivor_id uuid NOT NULL CHECK (survivor_id <> source_id),
    merged_at timestamptz NOT NULL,
    source_left_at timestamptz,
    survivor_joined_at timestamptz,            -- NULL: was no member before
    survivor_left_at timestamptz,
    undone_at timestamptz,
    FOREIGN KEY (merchant_id, source_id) REFERENCES customers (merchant_id, id),
    FOREIGN KEY (merchant_id, survivor_id) REFERENCES customers (merchant_id, id)
);
CREATE UNIQUE INDEX member_merges_open ON member_merges (source_id) WHERE undone_at IS NULL;
CREATE INDEX member_merges_survivor ON member_merges (survivor_id) WHERE undone_at IS NULL;
SELECT protect('member_merges', 'SELECT, INSERT, UPDATE');

-- ---------------------------------------------------------------- transfers between members

-- What members may give each other; no row: nothing.
CREATE TABLE transfer_terms (
    merchant_id uuid PRIMARY KEY REFERENCES merchants,
    points_min bigint NOT NULL CHECK (points_min > 0),
    points_max bigint NOT NULL,
    points_per_day bigint NOT NULL,            -- that one member may give away within a day of the merchant's
    CHECK (points_min <= points_max AND points_max <= points_per_day)
);
SELECT protect('transfer_terms', 'SELECT, INSERT, UPDATE, DELETE');

-- ---------------------------------------------------------------- households: members who spend together

CREATE TABLE households (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    created_at timestamptz NOT NULL,
    UNIQUE (merchant_id, id)
);
SELECT protect('households', 'SELECT, INSERT, UPDATE');

CREATE TABLE household_members (
    merchant_id uuid NOT NULL,
    household_id uuid NOT NULL,
    member_id uuid NOT NULL,
    joined_at timestamptz NOT NULL,
    left_at timestamptz CHECK (left_at >= joined_at),
    PRIMARY KEY (household_id, member_id, joined_at),
    FOREIGN KEY (merchant_id, household_id) REFERENCES households (merchant_id, id),
    FOREIGN KEY (merchant_id, member_id) REFERENCES members (merchant_id, id)
);
CREATE UNIQUE INDEX household_members_one ON household_members (member_id) WHERE left_at IS NULL;
SELECT protect('household_members', 'SELECT, INSERT, UPDATE');

-- Who else paid for a redemption. Each paid by a posting of their own, on their own account: undone, every lot
-- gets its own points back, whoever is in the household by then.
CREATE TABLE household_shares (
    journal_id uuid PRIMARY KEY REFERENCES ledger_journal,
    merchant_id uuid NOT NULL,
    redemption_id uuid NOT NULL REFERENCES ledger_journal,   -- the posting that the voucher names
    member_id uuid NOT NULL,
    FOREIGN KEY (merchant_id, member_id) REFERENCES members (merchant_id, id)
);
CREATE INDEX household_shares_redemption ON household_shares (redemption_id);
SELECT protect('household_shares', 'SELECT, INSERT');
