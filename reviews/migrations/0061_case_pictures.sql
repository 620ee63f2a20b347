-- Pictures that customers send along by mail; they lie with the message that they came with.
CREATE TABLE case_pictures (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    case_id uuid NOT NULL,
    message_id uuid NOT NULL,
    width int NOT NULL CHECK (width > 0),
    height int NOT NULL CHECK (height > 0),
    image bytea NOT NULL,                      -- JPEG, made here of nothing but the pixels
    small bytea NOT NULL,                      -- the same, for lists
    added_at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, case_id) REFERENCES cases (merchant_id, id),
    FOREIGN KEY (merchant_id, message_id) REFERENCES case_messages (merchant_id, id)
);
ALTER TABLE case_pictures ALTER image SET STORAGE EXTERNAL, ALTER small SET STORAGE EXTERNAL;
CREATE INDEX case_pictures_message ON case_pictures (message_id, id);
CREATE INDEX case_pictures_case ON case_pictures (case_id);
SELECT protect('case_pictures', 'SELECT, INSERT, DELETE');
