-- Pending points settle by date, by delay or by event; an order can be called off.

ALTER TABLE orders ADD COLUMN cancelled_at timestamptz;

-- What happened to an order that a wallet's rule may wait for; its delivery stands in the order itself.
CREATE TABLE order_milestones (
    merchant_id uuid NOT NULL,
    order_id uuid NOT NULL,
    event text NOT NULL,
    happened_at timestamptz NOT NULL,
    PRIMARY KEY (order_id, event),
    FOREIGN KEY (merchant_id, order_id) REFERENCES orders (merchant_id, id)
);
SELECT protect('order_milestones', 'SELECT, INSERT, UPDATE');

CREATE INDEX ledger_lots_settling ON ledger_lots (merchant_id, settles_at)
    WHERE points_pending > 0 AND settles_at IS NOT NULL;
GRANT UPDATE (settles_at) ON ledger_lots TO regulars_ledger;

-- When the pending points of these earns settle, once that is known. No points move, so nothing is posted.
CREATE FUNCTION ledger_schedule(p_earns text[], p_at timestamptz[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE ledger_lots l SET settles_at = n.at
    FROM unnest(p_earns, p_at) AS n (key, at)
    JOIN ledger_journal j ON j.merchant_id = (SELECT current_merchant()) AND j.key = n.key AND j.verb = 'earn'
    WHERE l.journal_id = j.id AND l.points_pending > 0;
$$;
REVOKE ALL ON FUNCTION ledger_schedule FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_schedule TO regulars_app;
ALTER FUNCTION ledger_schedule OWNER TO regulars_ledger;
