-- The text of a kept mail is sealed under its reader's key (core.people.keys); those from before stay as they are.
ALTER TABLE mails ADD sealed bytea CHECK (sealed IS NULL OR (customer_id IS NOT NULL AND body = '' AND html = ''));
