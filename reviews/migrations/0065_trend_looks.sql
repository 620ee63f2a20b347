-- Looks for rising complaints, one a day: what was told once is not told again while it lasts.

CREATE TABLE trend_looks (
    merchant_id uuid NOT NULL REFERENCES merchants,
    day date NOT NULL,                         -- in the shop's time zone
    at timestamptz NOT NULL,
    spikes jsonb NOT NULL,                     -- [{dimension, key}], all that had risen then
    PRIMARY KEY (merchant_id, day)
);
SELECT protect('trend_looks', 'SELECT, INSERT');
SELECT append_only('trend_looks');
