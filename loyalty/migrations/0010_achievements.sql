-- Challenges and streaks, and who has reached them.

CREATE TABLE achievements (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    code text NOT NULL CHECK (code ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    version int NOT NULL CHECK (version > 0),
    definition jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz,                    -- replaced by the next version, or ended
    UNIQUE (merchant_id, code, version),
    UNIQUE (merchant_id, id)
);
CREATE UNIQUE INDEX achievements_live ON achievements (merchant_id, code) WHERE retired_at IS NULL;
SELECT protect('achievements', 'SELECT, INSERT, UPDATE (retired_at)');

-- Reached once in a period; withdrawn when what it was reached with did not last (an order went back).
CREATE TABLE achievement_awards (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    achievement_id uuid NOT NULL,
    code text NOT NULL,                        -- of the achievement: its versions share their awards
    member_id uuid NOT NULL,
    period date NOT NULL,                      -- first day of it; 1970-01-01 where the period is ever
    awarded_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    FOREIGN KEY (merchant_id, achievement_id) REFERENCES achievements (merchant_id, id),
    FOREIGN KEY (merchant_id, member_id) REFERENCES members (merchant_id, id)
);
CREATE UNIQUE INDEX achievement_awards_once ON achievement_awards (member_id, code, period) WHERE withdrawn_at IS NULL;
CREATE INDEX achievement_awards_of ON achievement_awards (achievement_id) WHERE withdrawn_at IS NULL;
SELECT protect('achievement_awards', 'SELECT, INSERT, UPDATE (withdrawn_at)');
