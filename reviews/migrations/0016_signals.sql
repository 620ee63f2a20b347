-- What looks odd about a review that was written here. A signal explains itself, may hold a review for a person,
-- and never deletes one; stars and sentiment are no part of it.

CREATE TABLE review_signals (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    review_id uuid NOT NULL,
    version int NOT NULL,
    kind text NOT NULL CHECK (kind IN ('burst', 'near_duplicate', 'shared_device', 'shared_address',
                                       'shared_mailbox', 'reward_farming')),
    holds bool NOT NULL,
    detail jsonb NOT NULL,                     -- the numbers that it rests on
    at timestamptz NOT NULL,
    UNIQUE (review_id, version, kind),
    FOREIGN KEY (merchant_id, review_id) REFERENCES reviews (merchant_id, id),
    FOREIGN KEY (review_id, version) REFERENCES review_versions (review_id, number)
);
SELECT protect('review_signals', 'SELECT, INSERT');
SELECT append_only('review_signals');

-- From where a review was written: digests under a key of the installation and a salt that changes, so that
-- nothing can be read from them and old ones compare with nothing. Deleted when their period is over.
CREATE TABLE review_traces (
    merchant_id uuid NOT NULL,
    review_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('device', 'address', 'mailbox')),
    digest bytea NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (review_id, kind, digest),
    FOREIGN KEY (merchant_id, review_id) REFERENCES reviews (merchant_id, id)
);
CREATE INDEX review_traces_same ON review_traces (merchant_id, kind, digest);
CREATE INDEX review_traces_age ON review_traces (merchant_id, at);
SELECT protect('review_traces', 'SELECT, INSERT, DELETE');
