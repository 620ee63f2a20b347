-- The relay looks for due rows by itself: docs/decisions/0003-outbox.md, "No NOTIFY".
DROP TRIGGER wake ON outbox;
DROP FUNCTION outbox_wake();
