-- Reviews that are written here: pictures, stars for attributes, who is close to the shop, where their points come from.

ALTER TABLE reviews
    ADD insider bool NOT NULL DEFAULT false,   -- written by somebody of the shop, and said so wherever it is shown
    -- The ledger entry that gave points for it, which is where `incentivised` comes from.
    ADD disclosure_journal_id uuid REFERENCES ledger_journal,
    ADD CHECK (disclosure_journal_id IS NULL OR (incentivised AND source = 'first_party'));

-- What is written here waits to be judged, and so does each new wording of it, whoever takes it in.
CREATE FUNCTION review_awaits_judgement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.moderation := 'pending';
    NEW.moderated_by := 'policy';
    RETURN NEW;
END $$;
CREATE TRIGGER awaits_judgement BEFORE INSERT ON reviews FOR EACH ROW
    WHEN (NEW.source = 'first_party' AND NEW.version > 0) EXECUTE FUNCTION review_awaits_judgement();
CREATE TRIGGER awaits_judgement_again BEFORE UPDATE OF version ON reviews FOR EACH ROW
    WHEN (NEW.source = 'first_party' AND NEW.version <> OLD.version) EXECUTE FUNCTION review_awaits_judgement();

CREATE FUNCTION review_disclosure_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the disclosure of review % stays', OLD.id USING ERRCODE = 'RG009';
END $$;
CREATE TRIGGER disclosure_stays BEFORE UPDATE ON reviews FOR EACH ROW
    WHEN ((OLD.disclosure_journal_id IS NOT NULL
           AND (NEW.disclosure_journal_id IS DISTINCT FROM OLD.disclosure_journal_id OR NOT NEW.incentivised))
          OR (OLD.insider AND NOT NEW.insider))
    EXECUTE FUNCTION review_disclosure_stays();

-- A picture belongs to the wordings first_version to last_version (NULL: still). When its author deletes the
-- review, the picture itself is deleted.
CREATE TABLE review_photos (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    review_id uuid NOT NULL,
    first_version int NOT NULL CHECK (first_version > 0),
    last_version int CHECK (last_version >= first_version),
    width int NOT NULL CHECK (width > 0),
    height int NOT NULL CHECK (height > 0),
    image bytea NOT NULL,                      -- JPEG, made here of nothing but the pixels
    small bytea NOT NULL,                      -- the same, for lists
    added_at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, review_id) REFERENCES reviews (merchant_id, id)
);
ALTER TABLE review_photos ALTER image SET STORAGE EXTERNAL, ALTER small SET STORAGE EXTERNAL;
CREATE INDEX review_photos_review ON review_photos (review_id, id);
SELECT protect('review_photos', 'SELECT, INSERT, UPDATE, DELETE');
SELECT open_gate('review_photos', 'SELECT');

CREATE FUNCTION gate_review_photo(p_photo uuid) RETURNS TABLE (merchant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT merchant_id FROM review_photos WHERE id = p_photo;
$$;
REVOKE ALL ON FUNCTION gate_review_photo FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gate_review_photo TO regulars_app;
ALTER FUNCTION gate_review_photo OWNER TO regulars_gate;

-- What the form asks stars for besides the whole, such as "Fit" or "Taste".
CREATE TABLE review_attributes (
    merchant_id uuid NOT NULL REFERENCES merchants,
    code text NOT NULL CHECK (code ~ '^[a-z][a-z0-9_]{0,39}$'),
    name jsonb NOT NULL,                       -- {"en": …, "zh-Hans": …, "zh-Hant": …}
    position smallint NOT NULL,
    asked bool NOT NULL DEFAULT true,          -- false: earlier answers stay
    PRIMARY KEY (merchant_id, code)
);
SELECT protect('review_attributes', 'SELECT, INSERT, UPDATE');

CREATE TABLE review_attribute_ratings (
    merchant_id uuid NOT NULL,
    review_id uuid NOT NULL,
    version int NOT NULL,
    code text NOT NULL,
    stars smallint NOT NULL CHECK (stars BETWEEN 1 AND 5),
    PRIMARY KEY (review_id, version, code),
    FOREIGN KEY (merchant_id, review_id) REFERENCES reviews (merchant_id, id),
    FOREIGN KEY (review_id, version) REFERENCES review_versions (review_id, number),
    FOREIGN KEY (merchant_id, code) REFERENCES review_attributes (merchant_id, code)
);
SELECT protect('review_attribute_ratings', 'SELECT, INSERT');
SELECT append_only('review_attribute_ratings');

-- Customers who belong to the shop, or are close to it, besides those whose e-mail address is one of the staff's.
CREATE TABLE review_insiders (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    note text NOT NULL,
    added_by uuid NOT NULL,
    added_at timestamptz NOT NULL,
    removed_by uuid,
    removed_at timestamptz,
    CHECK (num_nonnulls(removed_by, removed_at) <> 1),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id),
    FOREIGN KEY (merchant_id, added_by) REFERENCES staff (merchant_id, id),
    FOREIGN KEY (merchant_id, removed_by) REFERENCES staff (merchant_id, id)
);
CREATE UNIQUE INDEX review_insiders_now ON review_insiders (customer_id) WHERE removed_at IS NULL;
SELECT protect('review_insiders', 'SELECT, INSERT');
GRANT UPDATE (removed_by, removed_at) ON review_insiders TO regulars_app;

-- ---------------------------------------------------------------- moderation

-- The words of a wording without case, spaces and signs: the same text again is known by it.
CREATE TABLE review_text_digests (
    merchant_id uuid NOT NULL,
    review_id uuid NOT NULL,
    version int NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (review_id, version),
    FOREIGN KEY (merchant_id, review_id) REFERENCES reviews (merchant_id, id)
);
CREATE INDEX review_text_digests_text ON review_text_digests (merchant_id, digest);
SELECT protect('review_text_digests', 'SELECT, INSERT');

CREATE INDEX reviews_held ON reviews (merchant_id, received_at, id) WHERE moderation = 'held' AND state = 'live';
CREATE INDEX review_moderations_latest ON review_moderations (merchant_id, id DESC) WHERE moderated_by = 'staff';

-- Who may take a review away: the newest row counts. 'marketplace': nobody but its author and its source.
CREATE TABLE review_profiles (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    profile text NOT NULL CHECK (profile IN ('shop', 'marketplace')),
    changed_by uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, changed_by) REFERENCES staff (merchant_id, id)
);
CREATE INDEX review_profiles_newest ON review_profiles (merchant_id, id DESC);
SELECT protect('review_profiles', 'SELECT, INSERT');
SELECT append_only('review_profiles');
