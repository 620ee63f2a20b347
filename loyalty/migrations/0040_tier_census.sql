-- Members counted by what they have, so that a draft's thresholds are looked up and not counted again. Everything
-- here follows from the rest and can be made anew: not logged, not exported.

CREATE UNLOGGED TABLE tier_censuses (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    set_code text NOT NULL,
    shape text NOT NULL,                       -- hash of what a set asks for but its thresholds and what tiers bring
    version_id uuid NOT NULL,                  -- the live terms
    as_of timestamptz NOT NULL,
    from_codes text[] NOT NULL DEFAULT '{}',   -- tiers in which somebody is now
    pinned jsonb NOT NULL DEFAULT '[]',        -- who is in a tier by hand, as cells
    year jsonb NOT NULL DEFAULT '{}',          -- the programme's points, see loyalty.tiers.outlook.Year
    UNIQUE (merchant_id, set_code, shape),
    UNIQUE (merchant_id, id)
);
SELECT protect('tier_censuses', 'SELECT, INSERT, UPDATE, DELETE');

-- Of the members who are in a tier now: how many have so much or less of what decides, and what these earned and spent.
CREATE UNLOGGED TABLE tier_census_counts (
    merchant_id uuid NOT NULL,
    census_id uuid NOT NULL,
    from_code text NOT NULL,
    value bigint NOT NULL,
    members bigint NOT NULL CHECK (members > 0),
    points bigint NOT NULL,                    -- of a year, without the tier's multiplier
    spend_minor bigint NOT NULL,               -- of a year, in the merchant's currency
    example_id uuid NOT NULL,                  -- a member who has exactly so much
    PRIMARY KEY (census_id, from_code, value),
    FOREIGN KEY (merchant_id, census_id) REFERENCES tier_censuses (merchant_id, id) ON DELETE CASCADE
);
SELECT protect('tier_census_counts', 'SELECT, INSERT, DELETE');
