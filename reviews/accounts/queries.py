"""The SQL of accounts and of reading them."""

ACCOUNT = """
    a.merchant_id, a.id, a.source, a.account, a.name, a.settings, a.credentials, a.token, a.state,
    a.synced_to, a.synced_at, a.next_at, a.full_at, a.failures, a.problem, a.problem_detail, a.created_at
"""
FIND = f"SELECT {ACCOUNT} FROM review_accounts a WHERE a.id = $1"
LOCK = f"{FIND} FOR NO KEY UPDATE"
BY_NAME = f"SELECT {ACCOUNT} FROM review_accounts a WHERE a.source = $1 AND a.account = $2"
EVERY = (
    f"SELECT {ACCOUNT} FROM review_accounts a WHERE a.state <> 'disconnected' ORDER BY a.source, a.name, a.id"
)
# One that was disconnected comes back as the same account: its reviews know it.
CONNECT = """
    INSERT INTO review_accounts AS a (merchant_id, source, account, name, settings, credentials, state,
                                      next_at, full_at, created_at, created_by)
    VALUES ($1, $2, $3, $4, $5, $6, 'connected', $7, $7, $7, $8)
    ON CONFLICT (merchant_id, source, account) DO UPDATE SET
        name = excluded.name, settings = excluded.settings, credentials = excluded.credentials, token = NULL,
        state = 'connected', next_at = excluded.next_at, failures = 0, problem = NULL, problem_detail = ''
    RETURNING id
"""
DISCONNECT = """
    UPDATE review_accounts SET state = 'disconnected', credentials = NULL, token = NULL, lease = NULL,
           leased_until = NULL, problem = NULL, problem_detail = ''
    WHERE id = $1 AND state <> 'disconnected' RETURNING id
"""
KEEP_TOKEN = "UPDATE review_accounts SET token = $2 WHERE id = $1 AND credentials IS NOT NULL"
TOKEN = "SELECT token FROM review_accounts WHERE id = $1"

# Asked for by hand: also where the source had refused, in case it has thought better of it.
ASK = """
    UPDATE review_accounts SET state = 'connected', next_at = $2,
           full_at = CASE WHEN $3 THEN $2 ELSE full_at END
    WHERE id = $1 AND state <> 'disconnected' RETURNING id
"""

END_LEASE = "UPDATE review_accounts SET lease = NULL, leased_until = NULL WHERE id = $1"

# ---------------------------------------------------------------- one reader at a time

CLAIM = f"""
    UPDATE review_accounts a SET lease = $2, leased_until = $4
    FROM (SELECT id FROM review_accounts
          WHERE merchant_id = $1 AND state = 'connected' AND (next_at <= $3 OR id = $5)
            AND ($5::uuid IS NULL OR id = $5) AND (leased_until IS NULL OR leased_until <= $3)
          ORDER BY next_at, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) d
    WHERE a.id = d.id RETURNING {ACCOUNT}
"""
HOLD = "UPDATE review_accounts SET leased_until = $3 WHERE id = $1 AND lease = $2 RETURNING id"
RELEASE = "UPDATE review_accounts SET lease = NULL, leased_until = NULL WHERE id = $1 AND lease = $2"
DONE = """
    UPDATE review_accounts SET failures = 0, problem = $3, problem_detail = $4, synced_to = $6,
           synced_at = $7, full_at = coalesce($8, full_at),
           next_at = CASE WHEN coalesce($8, full_at) <= $7 THEN $7 ELSE $5 END
    WHERE id = $1 AND lease = $2
"""
FAILED = """
    UPDATE review_accounts SET failures = failures + $3, problem = $4, problem_detail = $5, next_at = $6,
           state = $7, lease = NULL, leased_until = NULL
    WHERE id = $1 AND lease = $2 RETURNING id
"""

# ---------------------------------------------------------------- passes

_SYNC = """
    s.id, s.mode, s.state, s.accept_removals, s.since, s.cursor, s.started_at, s.listed_at, s.ended_at,
    s.pages, s.total, s.seen, s.new, s.changed, s.removed, s.rejected, s.reject
"""
RUNNING = f"SELECT {_SYNC} FROM review_syncs s WHERE s.account_id = $1 AND s.state = 'running'"
LATEST = f"SELECT {_SYNC} FROM review_syncs s WHERE s.account_id = $1 ORDER BY s.id DESC LIMIT $2"
BEGIN = f"""
    INSERT INTO review_syncs AS s (merchant_id, account_id, mode, state, accept_removals, since, started_at)
    VALUES ($1, $2, $3, 'running', $4, $5, $6) RETURNING {_SYNC}
"""
NOTE_PAGE = """
    UPDATE review_syncs SET cursor = $2, listed_at = $3, pages = pages + 1, total = coalesce($4, total),
           seen = seen + $5, new = new + $6, changed = changed + $7, rejected = rejected + $8,
           reject = CASE WHEN $9 = '' THEN reject ELSE $9 END
    WHERE id = $1
"""
NOTE_REMOVED = "UPDATE review_syncs SET removed = removed + 1 WHERE id = $1"
START_AGAIN = "UPDATE review_syncs SET cursor = '' WHERE id = $1"
END = "UPDATE review_syncs SET state = $2, ended_at = $3 WHERE id = $1"
FORGET_PASSES = "DELETE FROM review_syncs WHERE account_id = $1 AND ended_at < $2"

SIGHT = """
    INSERT INTO review_sightings (merchant_id, sync_id, external_id)
    SELECT $1, $2, unnest($3::text[]) ON CONFLICT DO NOTHING
"""
FORGET_SIGHTINGS = "DELETE FROM review_sightings WHERE sync_id = $1"
_MISSING = """
    FROM reviews r
    WHERE r.merchant_id = $1 AND r.source = $2 AND r.account = $3 AND r.state = 'live' AND r.received_at < $4
      AND NOT EXISTS (SELECT FROM review_sightings s WHERE s.sync_id = $5 AND s.external_id = r.external_id)
"""
MISSING = f"SELECT r.external_id {_MISSING} ORDER BY r.external_id LIMIT 1"
RECONCILED = f"""
    SELECT (SELECT count(*) FROM review_sightings WHERE sync_id = $5)::int AS seen,
           (SELECT count(*) FROM reviews WHERE merchant_id = $1 AND source = $2 AND account = $3
              AND state = 'live' AND received_at < $4)::int AS known,
           (SELECT count(*) {_MISSING})::int AS missing
"""

# ---------------------------------------------------------------- reviews

# The source shows it after all: what counted as gone before it was asked is there again.
RESTORE = """
    UPDATE reviews SET state = 'live', removed_at = NULL
    WHERE merchant_id = $1 AND source = $2 AND account = $3 AND external_id = ANY($4::text[])
      AND state = 'tombstone' AND version > 0 AND removed_at < $5
"""
# The source shows no reply (any more). One that was sent a moment ago may not be in its list yet.
UNANSWER = """
    UPDATE reviews SET reply = '', replied_at = NULL
    WHERE merchant_id = $1 AND source = $2 AND account = $3 AND external_id = ANY($4::text[])
      AND reply <> '' AND (replied_at IS NULL OR replied_at < $5)
    RETURNING id
"""
IS_KNOWN = """
    SELECT EXISTS (SELECT FROM reviews
                   WHERE merchant_id = $1 AND source = $2 AND account = $3 AND external_id = $4)
"""
COUNT = """
    SELECT count(*)::int FROM (SELECT FROM reviews
        WHERE merchant_id = $1 AND source = $2 AND account = $3 AND state = 'live' LIMIT $4) n
"""
PLACE = "SELECT source, account, external_id FROM reviews WHERE id = $1"
CAN_REPLY = """
    SELECT EXISTS (SELECT FROM review_accounts WHERE source = $1 AND account = $2 AND state <> 'disconnected')
"""
