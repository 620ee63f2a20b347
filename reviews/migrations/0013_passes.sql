-- Passes over an account's reviews serve their time: a month of them is kept.
GRANT DELETE ON review_syncs TO regulars_app;
