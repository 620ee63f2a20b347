-- What reports and the patrol look for by time.
CREATE INDEX case_events_satisfied ON case_events (merchant_id, at) WHERE kind = 'clock_satisfied';
CREATE INDEX review_flags_day ON review_flags (merchant_id, flagged_at);
