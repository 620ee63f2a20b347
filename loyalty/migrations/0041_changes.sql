-- A change of the terms on its way: drafted, asked for, approved, set for a date, live. One table for tier sets, earning
-- rules and wallets, whose own versions are made when the change goes live. See docs/decisions/0028-changes.md.

CREATE TABLE changes (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    kind text NOT NULL CHECK (kind IN ('tiers', 'rule', 'wallet')),
    subject text NOT NULL,                     -- code of the tier set, the rule or the wallet
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    definition jsonb NOT NULL,                 -- all of it, as it will be
    base int NOT NULL CHECK (base >= 0),       -- number of the version that was live when it was made; 0: none
    back_to int,                               -- number of the version that it brings back
    state text NOT NULL DEFAULT 'draft' CHECK (state IN
        ('draft', 'asked', 'approved', 'scheduled', 'live', 'superseded', 'rolled_back')),
    shown text NOT NULL DEFAULT '',            -- which moves whoever asked was shown, see loyalty.tiers.outlook
    moved text NOT NULL DEFAULT '',            -- which moves it made
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 500),    -- why it was sent back
    version int,                               -- number of the version that it became
    created_by uuid,
    created_at timestamptz NOT NULL,
    asked_by uuid,
    asked_at timestamptz,
    decided_by uuid,
    decided_at timestamptz,
    publish_at timestamptz,
    published_by uuid,
    published_at timestamptz,
    ended_at timestamptz,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, created_by) REFERENCES staff (merchant_id, id),
    FOREIGN KEY (merchant_id, asked_by) REFERENCES staff (merchant_id, id),
    FOREIGN KEY (merchant_id, decided_by) REFERENCES staff (merchant_id, id),
    FOREIGN KEY (merchant_id, published_by) REFERENCES staff (merchant_id, id),
    CHECK (decided_by <> asked_by),            -- the second person is another one
    CHECK (state NOT IN ('asked', 'approved') OR asked_by IS NOT NULL),
    CHECK (state <> 'approved' OR decided_by IS NOT NULL),
    CHECK (state <> 'scheduled' OR publish_at IS NOT NULL),
    CHECK ((state IN ('live', 'superseded', 'rolled_back')) = (published_at IS NOT NULL)),
    CHECK ((state IN ('superseded', 'rolled_back')) = (ended_at IS NOT NULL))
);
CREATE INDEX changes_of ON changes (merchant_id, kind, subject, state);
CREATE UNIQUE INDEX changes_live ON changes (merchant_id, kind, subject) WHERE state = 'live';
SELECT protect('changes', 'SELECT, INSERT, UPDATE, DELETE');

CREATE TABLE change_settings (
    merchant_id uuid PRIMARY KEY REFERENCES merchants,
    second_person bool NOT NULL,               -- nothing goes live without somebody else's approval
    changed_by uuid,
    changed_at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, changed_by) REFERENCES staff (merchant_id, id)
);
SELECT protect('change_settings', 'SELECT, INSERT, UPDATE');
