CREATE FUNCTION gate_outbox_lag(p_now timestamptz) RETURNS TABLE (waiting bigint, parked bigint, oldest_s float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(*) FILTER (WHERE parked_at IS NULL), count(*) FILTER (WHERE parked_at IS NOT NULL),
           coalesce(extract(epoch FROM p_now - min(created_at) FILTER (WHERE parked_at IS NULL)), 0)::float8
    FROM outbox;
$$;
REVOKE ALL ON FUNCTION gate_outbox_lag FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gate_outbox_lag TO regulars_app;
ALTER FUNCTION gate_outbox_lag OWNER TO regulars_gate;
