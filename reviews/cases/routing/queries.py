"""SQL over teams, their people and what these own."""

TEAMS = """
    SELECT t.id, t.name, t.aspects, t.languages, t.lead_id,
           coalesce((SELECT jsonb_object_agg(p.staff_id, p.capacity) FROM case_team_people p
                     JOIN staff s ON s.id = p.staff_id AND s.disabled_at IS NULL
                     WHERE p.team_id = t.id), '{}') AS people
    FROM case_teams t ORDER BY t.name, t.id
"""
# Where there are teams, people own what they have room for; everybody else as much as comes.
# $2: the roles that can.
WORKERS = """
    SELECT s.id, coalesce(c.cases, 0)::int AS load, c.assigned_at,
           (SELECT max(p.capacity) FROM case_team_people p WHERE p.staff_id = s.id) AS capacity
    FROM staff s
    LEFT JOIN (SELECT owner_id, count(*) AS cases, max(assigned_at) AS assigned_at
               FROM cases WHERE merchant_id = $1 AND open AND owner_id IS NOT NULL GROUP BY owner_id) c
         ON c.owner_id = s.id
    WHERE s.disabled_at IS NULL AND s.role = ANY ($2::text[])
      AND (s.role IN ('agent', 'community_manager')
           OR EXISTS (SELECT FROM case_team_people p WHERE p.staff_id = s.id))
"""
ADD_TEAM = """
    INSERT INTO case_teams (merchant_id, id, name, aspects, languages, lead_id, changed_by, changed_at)
    VALUES (current_merchant(), $1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (id) DO NOTHING RETURNING id
"""
CHANGE_TEAM = """
    UPDATE case_teams
    SET name = $2, aspects = $3, languages = $4, lead_id = $5, changed_by = $6, changed_at = $7
    WHERE id = $1 RETURNING id
"""
TAKEN = "SELECT EXISTS (SELECT FROM case_teams WHERE name = $2 AND id <> $1)"
CLEAR_PEOPLE = "DELETE FROM case_team_people WHERE team_id = $1"
PUT_PEOPLE = """
    INSERT INTO case_team_people (merchant_id, team_id, staff_id, capacity)
    SELECT current_merchant(), $1, id, capacity FROM unnest($2::uuid[], $3::int[]) AS t (id, capacity)
"""
ABLE = "SELECT id FROM staff WHERE id = ANY ($1::uuid[]) AND disabled_at IS NULL AND role = ANY ($2::text[])"
REMOVE_TEAM = "DELETE FROM case_teams WHERE id = $1 RETURNING id"

# Cases that nobody works on: without an owner, or of somebody who has left or does something else by now.
_NOBODYS = """
    FROM cases c LEFT JOIN staff s ON s.id = c.owner_id
    WHERE c.merchant_id = $1 AND c.open
      AND (c.owner_id IS NULL OR s.disabled_at IS NOT NULL OR s.role <> ALL ($2::text[]))
"""
ANYTHING_WAITS = f"SELECT EXISTS (SELECT {_NOBODYS})"
# Only of teams in which somebody has room ($4): what waits for a full team must not hide the rest.
WAITING = f"""
    SELECT c.id, c.cycle, c.state, c.team_id {_NOBODYS}
      AND (c.team_id IS NULL OR c.team_id = ANY ($4::uuid[]))
    ORDER BY c.rank_at, c.id LIMIT $3 FOR NO KEY UPDATE OF c SKIP LOCKED
"""
ASSIGN = """
    UPDATE cases c SET owner_id = t.owner_id, assigned_at = $2, updated_at = $2, version = c.version + 1,
           state = CASE WHEN c.state IN ('new', 'triaged') THEN 'assigned' ELSE c.state END
    FROM unnest($3::uuid[], $4::uuid[]) AS t (id, owner_id) WHERE c.merchant_id = $1 AND c.id = t.id
"""
WAKE = """
    WITH woken AS (
        UPDATE cases SET snoozed_until = NULL, version = version + 1
        WHERE id IN (SELECT id FROM cases WHERE merchant_id = $1 AND open AND snoozed_until <= $2
                     ORDER BY id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED)
        RETURNING id, cycle)
    INSERT INTO case_events (merchant_id, case_id, cycle, kind, actor, detail, at)
    SELECT $1, id, cycle, 'woken', 'system', '{}', $2 FROM woken RETURNING case_id
"""
