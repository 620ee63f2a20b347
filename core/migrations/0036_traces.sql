-- Where a row of the outbox was written, as W3C's traceparent: NULL unless the transaction said it.
-- In two statements: a default that is added with its column would be computed for the rows that are there.
ALTER TABLE outbox ADD COLUMN traceparent text;
ALTER TABLE outbox ALTER COLUMN traceparent SET DEFAULT nullif(current_setting('app.trace', true), '');
