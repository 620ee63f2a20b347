-- Reviews of a stretch of time, for trends.
CREATE INDEX reviews_written ON reviews (merchant_id, written_at) WHERE state = 'live';
