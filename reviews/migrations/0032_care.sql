-- Care before trouble: where parcels are and what is out of stock, as the shop's events say, and whom we told.

-- What the sweep reads of the events: few of them are about parcels and stock.
CREATE INDEX events_of_care ON events (merchant_id, received_at)
    WHERE type IN ('shipment.created', 'shipment.scanned', 'shipment.delayed', 'order.fulfilled', 'stock.changed');

CREATE TABLE case_parcels (
    merchant_id uuid NOT NULL REFERENCES merchants,
    order_word text NOT NULL,                  -- the shop's id of the order
    tracking text NOT NULL,                    -- '': it left without a number
    carrier text NOT NULL,
    promised_at timestamptz,                   -- as the shop said last
    promised_as_of timestamptz,
    moved_at timestamptz NOT NULL,             -- the last sign of it
    PRIMARY KEY (merchant_id, order_word, tracking)
);
CREATE INDEX case_parcels_promised ON case_parcels (merchant_id, promised_at) WHERE promised_at IS NOT NULL;
CREATE INDEX case_parcels_moved ON case_parcels (merchant_id, moved_at) WHERE tracking <> '';
SELECT protect('case_parcels', 'SELECT, INSERT, UPDATE');

CREATE TABLE case_stock (
    merchant_id uuid NOT NULL REFERENCES merchants,
    sku text NOT NULL,
    available bigint NOT NULL,                 -- after all paid orders; below zero: so many paid units are missing
    as_of timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, sku)
);
CREATE INDEX case_stock_short ON case_stock (merchant_id) WHERE available < 0;
SELECT protect('case_stock', 'SELECT, INSERT, UPDATE');

-- Until when events were read.
CREATE TABLE case_care_reads (
    merchant_id uuid PRIMARY KEY REFERENCES merchants,
    read_until timestamptz NOT NULL
);
SELECT protect('case_care_reads', 'SELECT, INSERT, UPDATE');

-- Once an order and reason.
CREATE TABLE case_care (
    merchant_id uuid NOT NULL,
    order_id uuid NOT NULL,
    reason text NOT NULL CHECK (reason IN ('late_promise', 'silent_carrier', 'stock_gone')),
    case_id uuid NOT NULL,
    noticed_at timestamptz NOT NULL,
    PRIMARY KEY (order_id, reason),
    FOREIGN KEY (merchant_id, order_id) REFERENCES orders (merchant_id, id),
    FOREIGN KEY (merchant_id, case_id) REFERENCES cases (merchant_id, id)
);
SELECT protect('case_care', 'SELECT, INSERT');
SELECT append_only('case_care');
