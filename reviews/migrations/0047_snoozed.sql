-- The order in which the view of snoozed cases is read: many come back at the same moment.
DROP INDEX cases_snoozed;
CREATE INDEX cases_snoozed ON cases (merchant_id, snoozed_until, id) WHERE open AND snoozed_until IS NOT NULL;
