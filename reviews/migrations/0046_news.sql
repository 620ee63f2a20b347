-- What happened to the cases of a merchant, the newest last: pages that are open ask for it.
CREATE INDEX case_events_newest ON case_events (merchant_id, id);
