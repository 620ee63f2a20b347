-- Its owner drops a function; SET ROLE is how the migrator becomes that.
SET LOCAL ROLE regulars_gate;
DROP FUNCTION gate_outbox_topics(timestamptz), gate_ledger_checks();
SET LOCAL ROLE regulars_owner;
DROP TABLE ledger_checks;
