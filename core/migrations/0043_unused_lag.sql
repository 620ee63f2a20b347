SET LOCAL ROLE regulars_gate;
-- contract: unused since work counts as late from when it was due; gate_outbox_topics() says that
-- squawk-ignore ban-drop-function
DROP FUNCTION gate_outbox_lag(timestamptz);
SET LOCAL ROLE regulars_owner;
