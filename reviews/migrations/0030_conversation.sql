-- One conversation a case, whichever way its words come, and cases that no review opened.

ALTER TABLE cases
    ADD cause text NOT NULL DEFAULT 'review' CHECK (cause ~ '^[a-z_]+$'),  -- what opened it
    ADD order_id uuid,                                                     -- about which order, without a review
    ADD reply_token uuid NOT NULL DEFAULT gen_random_uuid(),               -- who answers our mails names the case by it
    ADD FOREIGN KEY (merchant_id, order_id) REFERENCES orders (merchant_id, id),
    ADD CHECK (cause <> 'review' OR order_id IS NULL);
CREATE UNIQUE INDEX cases_reply_token ON cases (reply_token);

ALTER TABLE case_messages
    ADD channel text NOT NULL DEFAULT 'portal' CHECK (channel IN ('portal', 'mail', 'chat')),
    ADD attachments text[] NOT NULL DEFAULT '{}';                          -- names of what came along and was not kept

-- How the shop and its customers reach each other. The newest row counts; earlier ones stay on record.
CREATE TABLE case_contact (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    settings jsonb NOT NULL,                   -- reviews.cases.contact.settings.Contact
    changed_by uuid,
    changed_at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, changed_by) REFERENCES staff (merchant_id, id)
);
CREATE INDEX case_contact_newest ON case_contact (merchant_id, id DESC);
SELECT protect('case_contact', 'SELECT, INSERT');
SELECT append_only('case_contact');

-- Every mail that came, whatever became of it.
CREATE TABLE case_inbound_mails (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    mail_key text NOT NULL CHECK (length(mail_key) BETWEEN 1 AND 300),    -- its Message-ID, else a digest
    received_at timestamptz NOT NULL,
    from_address text NOT NULL,
    from_name text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,                        -- as it came, with what it quotes
    attachments text[] NOT NULL,
    state text NOT NULL CHECK (state IN ('taken', 'parked', 'refused', 'dismissed')),
    reason text CHECK (reason ~ '^[a-z_]+$'),  -- why it was not taken at once
    case_id uuid,                              -- whose it is or seems to be
    message_id uuid,
    decided_by uuid,
    decided_at timestamptz,
    UNIQUE (merchant_id, mail_key),
    CHECK (state = 'taken' OR reason IS NOT NULL),
    CHECK ((state = 'taken') = (message_id IS NOT NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    FOREIGN KEY (merchant_id, case_id) REFERENCES cases (merchant_id, id),
    FOREIGN KEY (merchant_id, message_id) REFERENCES case_messages (merchant_id, id),
    FOREIGN KEY (merchant_id, decided_by) REFERENCES staff (merchant_id, id)
);
CREATE INDEX case_inbound_mails_state ON case_inbound_mails (merchant_id, state, id DESC);
CREATE INDEX case_inbound_mails_case ON case_inbound_mails (case_id, received_at) WHERE case_id IS NOT NULL;
SELECT protect('case_inbound_mails', 'SELECT, INSERT, UPDATE');

-- Whose personal data is deleted leaves no words behind, and nobody is late in writing to them.
CREATE FUNCTION case_words_erased() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_cases uuid[] := ARRAY(
    SELECT c.id FROM cases c WHERE c.customer_id IN (
        SELECT k.id FROM customers k WHERE k.merchant_id = NEW.merchant_id AND (k.id = NEW.id OR k.merged_into = NEW.id)));
BEGIN
    UPDATE case_messages SET body = '—', attachments = '{}' WHERE case_id = ANY (v_cases) AND kind <> 'public_reply';
    UPDATE case_inbound_mails i SET from_address = '', from_name = '', subject = '', body = '', attachments = '{}'
    WHERE i.case_id = ANY (v_cases)
       OR i.case_id IS NULL AND i.merchant_id = NEW.merchant_id AND i.from_address = (
           SELECT lower(p.email) FROM customer_profiles p WHERE p.customer_id = NEW.id);
    UPDATE case_clocks SET stopped_at = NEW.deleted_at
    WHERE case_id = ANY (v_cases) AND kind IN ('private_contact', 'next_reply')
      AND satisfied_at IS NULL AND stopped_at IS NULL;
    UPDATE cases c SET due_at = (SELECT min(k.due_at) FROM case_clocks k
                                 WHERE k.case_id = c.id AND k.cycle = c.cycle AND k.paused_at IS NULL
                                   AND k.satisfied_at IS NULL AND k.stopped_at IS NULL)
    WHERE c.id = ANY (v_cases);
    RETURN NULL;
END $$;
CREATE TRIGGER cases_without_words AFTER UPDATE OF deleted_at ON customers FOR EACH ROW
    WHEN (NEW.deleted_at IS NOT NULL AND OLD.deleted_at IS NULL) EXECUTE FUNCTION case_words_erased();
