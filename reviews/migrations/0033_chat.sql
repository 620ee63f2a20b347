-- The chat box: what customers asked there, what the articles answered, and the case that a person took it up in.

CREATE TABLE case_chats (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    customer_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    case_id uuid,                              -- a person was asked for
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id),
    FOREIGN KEY (merchant_id, case_id) REFERENCES cases (merchant_id, id)
);
CREATE INDEX case_chats_customer ON case_chats (customer_id, last_at DESC);
SELECT protect('case_chats', 'SELECT, INSERT, UPDATE');

CREATE TABLE case_chat_lines (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    chat_id uuid NOT NULL,
    question text NOT NULL CHECK (question <> ''),
    articles jsonb NOT NULL,                   -- [{code, version, title, passage}], the best first
    sure bool NOT NULL,                        -- the first was given as the answer
    at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, chat_id) REFERENCES case_chats (merchant_id, id)
);
CREATE INDEX case_chat_lines_chat ON case_chat_lines (chat_id, id);
SELECT protect('case_chat_lines', 'SELECT, INSERT, UPDATE');

CREATE FUNCTION case_chats_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE case_chat_lines l SET question = '—', articles = '[]' FROM case_chats c
    WHERE c.merchant_id = NEW.merchant_id AND l.chat_id = c.id AND c.customer_id IN (
        SELECT k.id FROM customers k WHERE k.merchant_id = NEW.merchant_id AND (k.id = NEW.id OR k.merged_into = NEW.id));
    RETURN NULL;
END $$;
CREATE TRIGGER chats_without_words AFTER UPDATE OF deleted_at ON customers FOR EACH ROW
    WHEN (NEW.deleted_at IS NOT NULL AND OLD.deleted_at IS NULL) EXECUTE FUNCTION case_chats_erased();
