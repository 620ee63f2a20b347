-- ---------------------------------------------------------------- budgets
--
-- What is left of a budget lies in slots, so that members who earn at the same time take from different rows. A claim
-- that no free slot can pay locks them all and gathers; so nothing is overspent, and the last point can be spent.

CREATE TABLE ledger_budgets (
    id uuid PRIMARY KEY,
    merchant_id uuid NOT NULL REFERENCES merchants,
    points_total bigint CHECK (points_total >= 0),         -- NULL: without this limit
    points_per_member bigint CHECK (points_per_member >= 0),
    period text CHECK (period IN ('day', 'week', 'month', 'quarter', 'year')),
    time_zone text NOT NULL,                               -- in which periods begin
    points_per_period bigint CHECK (points_per_period >= 0),
    points_per_member_period bigint CHECK (points_per_member_period >= 0),
    UNIQUE (merchant_id, id),
    CHECK (period IS NOT NULL OR num_nonnulls(points_per_period, points_per_member_period) = 0)
);

-- All of a budget's points, and of each of its periods': `points` is the slot's share of the limit.
CREATE TABLE ledger_budget_slots (
    budget_id uuid NOT NULL,
    period_start date NOT NULL,                            -- -infinity: the budget as a whole
    slot smallint NOT NULL,
    merchant_id uuid NOT NULL,
    points bigint NOT NULL,
    points_left bigint NOT NULL CHECK (points_left >= 0),
    PRIMARY KEY (budget_id, period_start, slot),
    FOREIGN KEY (merchant_id, budget_id) REFERENCES ledger_budgets (merchant_id, id)
) WITH (fillfactor = 30);

CREATE TABLE ledger_budget_members (
    budget_id uuid NOT NULL,
    member_id uuid NOT NULL,
    period_start date NOT NULL,
    merchant_id uuid NOT NULL,
    points_used bigint NOT NULL CHECK (points_used >= 0),
    PRIMARY KEY (budget_id, member_id, period_start)
) WITH (fillfactor = 70);

-- Which earn used which budget; negative: given back by a void or a clawback of that earn.
CREATE TABLE ledger_budget_uses (
    journal_id uuid NOT NULL,
    budget_id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    member_id uuid NOT NULL,
    earn_id uuid NOT NULL,                                 -- whose points they are: the earn's journal row
    period_start date,                                     -- NULL: a budget without periods
    points bigint NOT NULL CHECK (points <> 0),
    PRIMARY KEY (journal_id, budget_id)
);

SELECT protect(t, 'SELECT') FROM unnest(ARRAY['ledger_budgets', 'ledger_budget_slots', 'ledger_budget_members',
    'ledger_budget_uses']::regclass[]) t;
SELECT append_only('ledger_budget_uses');
GRANT SELECT, INSERT ON ledger_budgets, ledger_budget_slots, ledger_budget_members, ledger_budget_uses TO regulars_ledger;
GRANT UPDATE (points_total, points_per_member, points_per_period, points_per_member_period)
    ON ledger_budgets TO regulars_ledger;
GRANT UPDATE (points, points_left) ON ledger_budget_slots TO regulars_ledger;
GRANT UPDATE (points_used) ON ledger_budget_members TO regulars_ledger;
GRANT REFERENCES ON merchants TO regulars_ledger;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_budgets, ledger_budget_slots, ledger_budget_members, ledger_budget_uses
    FROM regulars_owner;
GRANT UPDATE (merchant_id) ON ledger_budgets TO regulars_owner;

CREATE FUNCTION ledger_period(b ledger_budgets, p_at timestamptz) RETURNS date LANGUAGE sql STABLE AS
$$ SELECT date_trunc(b.period, p_at AT TIME ZONE b.time_zone)::date $$;

-- How many slots a limit is divided into: connections that work at the same time rarely meet in one.
CREATE FUNCTION ledger_slots() RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 64 $$;

-- Divide so many points among the slots of a budget or of one of its periods.
CREATE FUNCTION ledger_add_slots(p_budget uuid, p_period date, p_points bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO ledger_budget_slots (budget_id, period_start, slot, merchant_id, points, points_left)
    SELECT p_budget, p_period, i, current_merchant(), share, share
    FROM generate_series(0, ledger_slots() - 1) i
    CROSS JOIN LATERAL (SELECT p_points / ledger_slots() + (i < p_points % ledger_slots())::int AS share) s
    ORDER BY i ON CONFLICT DO NOTHING
$$;

-- Take points out of a budget or of one of its periods; false if it has not so many left.
CREATE FUNCTION ledger_take_budget(p_budget uuid, p_period date, p_points bigint) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE
    own int := pg_backend_pid() % ledger_slots();
    available bigint;
BEGIN
    -- Undone when it finds nothing: a slot that, read again, has too few points would stay locked, out of order.
    BEGIN
        UPDATE ledger_budget_slots SET points_left = points_left - p_points
        WHERE budget_id = p_budget AND period_start = p_period AND slot = (
            SELECT slot FROM ledger_budget_slots WHERE budget_id = p_budget AND period_start = p_period AND slot = own
            AND points_left >= p_points FOR NO KEY UPDATE SKIP LOCKED);
        IF FOUND THEN RETURN true; END IF;
        UPDATE ledger_budget_slots SET points_left = points_left - p_points
        WHERE budget_id = p_budget AND period_start = p_period AND slot = (
            SELECT slot FROM ledger_budget_slots WHERE budget_id = p_budget AND period_start = p_period
            AND points_left >= p_points ORDER BY slot LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED);
        IF FOUND THEN RETURN true; END IF;
        RAISE EXCEPTION 'no slot' USING ERRCODE = 'RG002';
    EXCEPTION WHEN SQLSTATE 'RG002' THEN NULL;
    END;
    -- A budget that is used up is refused without a lock.
    SELECT sum(points_left) INTO available FROM ledger_budget_slots WHERE budget_id = p_budget AND period_start = p_period;
    IF available < p_points THEN RETURN false; END IF;
    PERFORM slot FROM ledger_budget_slots WHERE budget_id = p_budget AND period_start = p_period
    ORDER BY slot FOR NO KEY UPDATE;
    SELECT sum(points_left) INTO available FROM ledger_budget_slots WHERE budget_id = p_budget AND period_start = p_period;
    IF coalesce(available, -1) < p_points THEN RETURN false; END IF;
    PERFORM ledger_share_out(p_budget, p_period, available - p_points);
    RETURN true;
END $$;

-- Divide what is left anew among the slots, all of them locked.
CREATE FUNCTION ledger_share_out(p_budget uuid, p_period date, p_left bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE ledger_budget_slots SET points_left = CASE WHEN slot < ledger_slots()
        THEN p_left / ledger_slots() + (slot < p_left % ledger_slots())::int ELSE 0 END
    WHERE budget_id = p_budget AND period_start = p_period
$$;

CREATE FUNCTION ledger_take_member(p_budget uuid, p_member uuid, p_period date, p_points bigint, p_limit bigint)
RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
    IF p_points > p_limit THEN RETURN false; END IF;
    INSERT INTO ledger_budget_members AS m (budget_id, member_id, period_start, merchant_id, points_used)
    VALUES (p_budget, p_member, p_period, current_merchant(), p_points)
    ON CONFLICT (budget_id, member_id, period_start)
    DO UPDATE SET points_used = m.points_used + p_points WHERE m.points_used + p_points <= p_limit;
    RETURN FOUND;
END $$;

-- The slots of a period are made when it is first used; the budget's row is locked so that its limit stays as it is.
CREATE FUNCTION ledger_open_period(p_budget uuid, p_period date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE b ledger_budgets;
BEGIN
    IF EXISTS (SELECT FROM ledger_budget_slots WHERE budget_id = p_budget AND period_start = p_period) THEN RETURN; END IF;
    SELECT * INTO b FROM ledger_budgets WHERE id = p_budget FOR SHARE;
    PERFORM ledger_add_slots(b.id, p_period, b.points_per_period);
END $$;

-- Give back what an earn used, up to so many points of each budget, to whichever slot is free.
CREATE FUNCTION ledger_give_back(p_journal uuid, p_earn uuid, p_points bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE u record;
BEGIN
    FOR u IN SELECT budget_id, member_id, min(period_start) AS period_start, least(sum(points), p_points)::bigint AS points
             FROM ledger_budget_uses WHERE earn_id = p_earn
             GROUP BY 1, 2 HAVING sum(points) > 0 ORDER BY 1 LOOP
        INSERT INTO ledger_budget_uses (journal_id, budget_id, merchant_id, member_id, earn_id, period_start, points)
        VALUES (p_journal, u.budget_id, current_merchant(), u.member_id, p_earn, u.period_start, -u.points);
        UPDATE ledger_budget_members SET points_used = points_used - u.points
        WHERE budget_id = u.budget_id AND member_id = u.member_id AND period_start IN ('-infinity', u.period_start);
        PERFORM ledger_fill_slot(u.budget_id, s.period_start, u.points)
        FROM (SELECT DISTINCT period_start FROM ledger_budget_slots
              WHERE budget_id = u.budget_id AND period_start IN ('-infinity', u.period_start) ORDER BY 1) s;
    END LOOP;
END $$;

-- Never waits for a claim that gathers: if no slot is free, there is one more.
CREATE FUNCTION ledger_fill_slot(p_budget uuid, p_period date, p_points bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ledger_budget_slots SET points_left = points_left + p_points
    WHERE budget_id = p_budget AND period_start = p_period AND slot = (
        SELECT slot FROM ledger_budget_slots WHERE budget_id = p_budget AND period_start = p_period
        ORDER BY slot LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED);
    IF FOUND THEN RETURN; END IF;
    LOOP
        INSERT INTO ledger_budget_slots (budget_id, period_start, slot, merchant_id, points, points_left)
        SELECT p_budget, p_period, max(slot) + 1, current_merchant(), 0, p_points
        FROM ledger_budget_slots WHERE budget_id = p_budget AND period_start = p_period ON CONFLICT DO NOTHING;
        EXIT WHEN FOUND;
    END LOOP;
END $$;

-- Claims: who wants how many points of which budget, in which of its periods.
CREATE TYPE ledger_claim AS (budget ledger_budgets, member_id uuid, period_start date, points bigint);

-- What the earns among these commands claim; those that were posted before claim nothing. Fails with budget_unknown.
CREATE FUNCTION ledger_claims(p_commands jsonb) RETURNS ledger_claim[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    merchant uuid := current_merchant();
    wanted record;
    claims ledger_claim[] := '{}';
    b ledger_budgets;
BEGIN
    FOR wanted IN
        SELECT budget::uuid AS budget, v->>'key' AS key, (v->>'member')::uuid AS member,
               (v->>'effective_at')::timestamptz AS at, (v->>'points')::bigint AS points
        FROM (SELECT DISTINCT ON (v->>'key') v FROM jsonb_array_elements(p_commands) v WHERE v ? 'budgets') once
        CROSS JOIN LATERAL (SELECT DISTINCT jsonb_array_elements_text(v->'budgets') AS budget) named
    LOOP
        -- One by one: joined, the planner expects so many keys that it reads the whole journal.
        CONTINUE WHEN EXISTS (SELECT FROM ledger_journal WHERE merchant_id = merchant AND key = wanted.key);
        SELECT * INTO b FROM ledger_budgets WHERE id = wanted.budget;
        IF NOT FOUND THEN PERFORM ledger_fail('budget_unknown', wanted.budget::text); END IF;
        claims := claims || (b, wanted.member, ledger_period(b, wanted.at), wanted.points)::ledger_claim;
    END LOOP;
    RETURN claims;
END $$;

-- Take all claims out of their budgets, or none: false if one of them has not so many points left. Rows of members
-- first, then slots, each in sorted order: two calls never wait for each other.
CREATE FUNCTION ledger_take_claims(p_claims ledger_claim[]) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE x record;
BEGIN
    FOR x IN SELECT (c.budget).id, c.member_id, k.period_start, k.points_limit, sum(c.points)::bigint AS points
             FROM unnest(p_claims) c CROSS JOIN LATERAL (VALUES
                 (date '-infinity', (c.budget).points_per_member),
                 (c.period_start, (c.budget).points_per_member_period)) AS k (period_start, points_limit)
             WHERE k.points_limit IS NOT NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3 LOOP
        IF NOT ledger_take_member(x.id, x.member_id, x.period_start, x.points, x.points_limit) THEN RETURN false; END IF;
    END LOOP;
    FOR x IN SELECT (c.budget).id, k.period_start, sum(c.points)::bigint AS points
             FROM unnest(p_claims) c CROSS JOIN LATERAL (VALUES
                 (date '-infinity', (c.budget).points_total),
                 (c.period_start, (c.budget).points_per_period)) AS k (period_start, points_limit)
             WHERE k.points_limit IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2 LOOP
        PERFORM ledger_open_period(x.id, x.period_start);
        IF NOT ledger_take_budget(x.id, x.period_start, x.points) THEN RETURN false; END IF;
    END LOOP;
    RETURN true;
END $$;

-- Make a budget, or change its limits: at once for the whole and for periods from `p_now` on, but never below what is
-- used. Which limits it has stays as it was made. Fails with budget_kind_fixed, budget_below_use.
CREATE FUNCTION ledger_budget(p_id uuid, p_points_total bigint, p_points_per_member bigint, p_period text, p_time_zone text,
    p_points_per_period bigint, p_points_per_member_period bigint, p_now timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    b ledger_budgets;
    s record;
BEGIN
    INSERT INTO ledger_budgets AS o (id, merchant_id, points_total, points_per_member, period, time_zone, points_per_period,
                                     points_per_member_period)
    VALUES (p_id, current_merchant(), p_points_total, p_points_per_member, p_period, p_time_zone, p_points_per_period,
            p_points_per_member_period)
    ON CONFLICT (id) DO UPDATE SET points_total = p_points_total, points_per_member = p_points_per_member,
        points_per_period = p_points_per_period, points_per_member_period = p_points_per_member_period
        WHERE (o.period, o.time_zone, o.points_total IS NULL, o.points_per_member IS NULL, o.points_per_period IS NULL,
               o.points_per_member_period IS NULL)
              IS NOT DISTINCT FROM (p_period, p_time_zone, p_points_total IS NULL, p_points_per_member IS NULL,
               p_points_per_period IS NULL, p_points_per_member_period IS NULL)
    RETURNING * INTO b;
    IF b.id IS NULL THEN PERFORM ledger_fail('budget_kind_fixed', p_id::text); END IF;
    IF p_points_total IS NOT NULL THEN PERFORM ledger_add_slots(p_id, '-infinity', p_points_total); END IF;
    FOR s IN SELECT period_start, sum(points)::bigint AS points FROM ledger_budget_slots
             WHERE budget_id = p_id AND (period_start = '-infinity' OR period_start >= ledger_period(b, p_now))
             GROUP BY 1 ORDER BY 1 LOOP
        PERFORM ledger_limit(p_id, s.period_start,
                             CASE s.period_start WHEN '-infinity' THEN p_points_total ELSE p_points_per_period END);
    END LOOP;
END $$;

-- Give the slots of a budget or period another limit. Fails with budget_below_use.
CREATE FUNCTION ledger_limit(p_budget uuid, p_period date, p_limit bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t record;
BEGIN
    IF p_limit IS NULL THEN RETURN; END IF;
    PERFORM slot FROM ledger_budget_slots WHERE budget_id = p_budget AND period_start = p_period
    ORDER BY slot FOR NO KEY UPDATE;
    SELECT sum(points)::bigint AS points, sum(points_left)::bigint AS points_left INTO t
    FROM ledger_budget_slots WHERE budget_id = p_budget AND period_start = p_period;
    IF t.points = p_limit THEN RETURN; END IF;
    IF p_limit < t.points - t.points_left THEN
        PERFORM ledger_fail('budget_below_use', format('%s used', t.points - t.points_left));
    END IF;
    UPDATE ledger_budget_slots SET points = points + p_limit - t.points
    WHERE budget_id = p_budget AND period_start = p_period AND slot = 0;
    UPDATE ledger_budget_slots SET points_left = 0
    WHERE budget_id = p_budget AND period_start = p_period AND slot >= ledger_slots();
    PERFORM ledger_share_out(p_budget, p_period, t.points_left + p_limit - t.points);
END $$;
