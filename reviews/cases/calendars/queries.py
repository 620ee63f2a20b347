"""SQL over calendars."""

EVERY = "SELECT code, name, calendar FROM case_calendars ORDER BY name, code"
PUT = """
    INSERT INTO case_calendars (merchant_id, code, name, calendar, changed_by, changed_at)
    VALUES (current_merchant(), $1, $2, $3::jsonb, $4, $5)
    ON CONFLICT (merchant_id, code) DO UPDATE
        SET name = $2, calendar = $3::jsonb, changed_by = $4, changed_at = $5
"""
USED_BY = "SELECT policy FROM case_policies WHERE calendar = $1 ORDER BY code"
REMOVE = "DELETE FROM case_calendars WHERE code = $1 RETURNING code"
