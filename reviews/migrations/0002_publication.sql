-- What of a review may be shown, and who said so; mentions, which have no rating; pictures that live at the source.

ALTER TABLE reviews
    ADD kind text NOT NULL DEFAULT 'review' CHECK (kind IN ('review', 'mention')),
    ADD moderation text NOT NULL DEFAULT 'approved'
        CHECK (moderation IN ('pending', 'approved', 'held', 'hidden')),
    -- Whose word the moderation is: an edit at the source never overrules a policy or a person.
    ADD moderated_by text NOT NULL DEFAULT 'source' CHECK (moderated_by IN ('source', 'policy', 'staff')),
    ADD CHECK (kind = 'review' OR rating_norm IS NULL);
ALTER TABLE reviews
    ADD published bool NOT NULL
        GENERATED ALWAYS AS (state = 'live' AND moderation = 'approved' AND kind = 'review') STORED;

ALTER TABLE review_versions ADD photo_urls text[] NOT NULL DEFAULT '{}';

-- Every decision with its neutral reason. The rating and what the model read are not among its inputs.
CREATE TABLE review_moderations (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    review_id uuid NOT NULL,
    version int NOT NULL CHECK (version > 0),
    moderation text NOT NULL CHECK (moderation IN ('pending', 'approved', 'held', 'hidden')),
    reason text NOT NULL CHECK (reason ~ '^[a-z_]+$'),
    moderated_by text NOT NULL CHECK (moderated_by IN ('source', 'policy', 'staff')),
    staff_id uuid,
    detail jsonb NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL,
    CHECK ((moderated_by = 'staff') = (staff_id IS NOT NULL)),
    FOREIGN KEY (merchant_id, review_id) REFERENCES reviews (merchant_id, id),
    FOREIGN KEY (review_id, version) REFERENCES review_versions (review_id, number),
    FOREIGN KEY (merchant_id, staff_id) REFERENCES staff (merchant_id, id)
);
CREATE INDEX review_moderations_review ON review_moderations (review_id, id);
SELECT protect('review_moderations', 'SELECT, INSERT');
SELECT append_only('review_moderations');
