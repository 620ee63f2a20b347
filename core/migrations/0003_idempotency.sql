-- Take the locks of some idempotency keys and read what is stored under them, in the order of the arguments.
-- `free` is false while another transaction works under the key. The second statement sees what the lock's last
-- holder has committed: a volatile function looks anew for each of its statements.
CREATE FUNCTION idempotency_claim(p_locks bigint[], p_actors text[], p_keys text[])
RETURNS TABLE (free bool, fingerprint bytea, status smallint, body bytea) LANGUAGE plpgsql AS $$
DECLARE
    locked bool[] := ARRAY(SELECT pg_try_advisory_xact_lock(l) FROM unnest(p_locks) WITH ORDINALITY AS u (l, n) ORDER BY n);
BEGIN
    RETURN QUERY
    SELECT u.free, k.fingerprint, k.status, k.body
    FROM unnest(locked, p_actors, p_keys) WITH ORDINALITY AS u (free, actor, key, n)
    LEFT JOIN idempotency_keys k
           ON k.merchant_id = (SELECT current_merchant()) AND k.actor = u.actor AND k.key = u.key
    ORDER BY u.n;
END $$;
REVOKE ALL ON FUNCTION idempotency_claim(bigint[], text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION idempotency_claim(bigint[], text[], text[]) TO regulars_app;
