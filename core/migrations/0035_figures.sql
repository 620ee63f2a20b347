-- What an operator watches: the outbox by topic, and what the last check of each ledger found.

CREATE FUNCTION gate_outbox_topics(p_now timestamptz)
RETURNS TABLE (topic text, waiting bigint, retrying bigint, delayed bigint, parked bigint, oldest_s float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    -- A row in a worker's hands is due again when its lease ends: within a minute.
    SELECT o.topic,
           count(*) FILTER (WHERE w.waits),
           count(*) FILTER (WHERE parked_at IS NULL AND attempts > 0),
           count(*) FILTER (WHERE parked_at IS NULL AND attempts = 0 AND NOT w.waits),
           count(*) FILTER (WHERE parked_at IS NOT NULL),
           coalesce(extract(epoch FROM p_now - min(created_at) FILTER (WHERE w.waits)), 0)::float8
    FROM outbox o CROSS JOIN LATERAL (
        SELECT parked_at IS NULL AND attempts = 0 AND available_at <= p_now + interval '1 minute' AS waits) w
    GROUP BY o.topic;
$$;

CREATE TABLE ledger_checks (
    merchant_id uuid PRIMARY KEY REFERENCES merchants,
    checked_at timestamptz NOT NULL,
    faults integer NOT NULL CHECK (faults >= 0)
);
SELECT protect('ledger_checks', 'SELECT, INSERT, UPDATE');
SELECT open_gate('ledger_checks', 'SELECT');

CREATE FUNCTION gate_ledger_checks() RETURNS TABLE (unchecked bigint, oldest timestamptz, faults bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(*) FILTER (WHERE c.merchant_id IS NULL), min(c.checked_at), coalesce(sum(c.faults), 0)::bigint
    FROM merchants m LEFT JOIN ledger_checks c ON c.merchant_id = m.id;
$$;

REVOKE ALL ON FUNCTION gate_outbox_topics, gate_ledger_checks FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gate_outbox_topics, gate_ledger_checks TO regulars_app;
ALTER FUNCTION gate_outbox_topics OWNER TO regulars_gate;
ALTER FUNCTION gate_ledger_checks OWNER TO regulars_gate;
