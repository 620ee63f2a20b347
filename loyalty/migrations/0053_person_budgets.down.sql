CREATE OR REPLACE FUNCTION ledger_take_member(p_budget uuid, p_member uuid, p_period date, p_points bigint, p_limit bigint)
RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
    IF p_points > p_limit THEN RETURN false; END IF;
    INSERT INTO ledger_budget_members AS m (budget_id, member_id, period_start, merchant_id, points_used)
    VALUES (p_budget, p_member, p_period, current_merchant(), p_points)
    ON CONFLICT (budget_id, member_id, period_start)
    DO UPDATE SET points_used = m.points_used + p_points WHERE m.points_used + p_points <= p_limit;
    RETURN FOUND;
END $$;
REVOKE SELECT (merged_into) ON members FROM regulars_ledger;
