-- What somebody may have of a budget counts what those had for whom they stand. What stands here supersedes
-- ledger_take_member() of 0003_ledger_writer/04_budgets.sql.
GRANT SELECT (merged_into) ON members TO regulars_ledger;

CREATE OR REPLACE FUNCTION ledger_take_member(p_budget uuid, p_member uuid, p_period date, p_points bigint, p_limit bigint)
RETURNS bool LANGUAGE plpgsql AS $$
DECLARE
    most bigint := p_limit - coalesce((
        SELECT sum(u.points_used) FROM members s JOIN ledger_budget_members u
            ON u.budget_id = p_budget AND u.member_id = s.id AND u.period_start = p_period
        WHERE s.merged_into = p_member), 0);
BEGIN
    IF p_points > most THEN RETURN false; END IF;
    INSERT INTO ledger_budget_members AS m (budget_id, member_id, period_start, merchant_id, points_used)
    VALUES (p_budget, p_member, p_period, current_merchant(), p_points)
    ON CONFLICT (budget_id, member_id, period_start)
    DO UPDATE SET points_used = m.points_used + p_points WHERE m.points_used + p_points <= most;
    RETURN FOUND;
END $$;
