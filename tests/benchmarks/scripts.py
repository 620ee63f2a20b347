"""pgbench scripts that several benchmarks share; each line of them is what an application would send."""

from tests.benchmarks.rig import Database

EARN = """
\\set n random(1, :members)
\\set key random(1, 9000000000000000000)
SELECT * FROM ledger_earn_plain('bench:' || :key, bench_id('be', :n), 'points', 10, 'issued', false, NULL,
    now() + interval '1 year', now(), '{"rule": "bench"}', now());
"""

EARN_ON_BUDGET = """
\\set n random(1, :members)
\\set key random(1, 9000000000000000000)
SELECT * FROM ledger_post(jsonb_build_array(jsonb_build_object(
    'verb', 'earn', 'key', 'bench:' || :key, 'member', bench_id('be', :n), 'wallet', 'points', 'points', 10,
    'side', 'issued', 'pending', false, 'settles_at', NULL, 'expires_at', now() + interval '1 year',
    'budgets', jsonb_build_array(:budget::text), 'effective_at', now(),
    'reason', '{"rule": "bench"}'::jsonb)), now());
"""

EARN_BATCH = """
\\set key random(1, 9000000000000000000)
SELECT count(*) FROM ledger_earn((SELECT jsonb_agg(jsonb_build_object(
    'verb', 'earn', 'key', 'bench:' || :key || ':' || i, 'wallet', 'points', 'points', 10,
    'member', bench_id('be', 1 + floor(random() * :members)::bigint), 'side', 'issued', 'pending', false,
    'settles_at', NULL, 'expires_at', now() + interval '1 year', 'budgets', '[]'::jsonb,
    'effective_at', now(), 'reason', '{"rule": "bench"}'::jsonb)) FROM generate_series(1, 500) i), now());
"""
BATCH = 500

UPDATE = """
\\set n random(1, :members)
UPDATE bench_rows SET points = points + 1 WHERE id = bench_id('be', :n);
"""


def plain_rows(database: Database) -> None:
    """The baseline's table: a row a member, nothing else about it."""
    database.execute(
        f"""
        CREATE TABLE IF NOT EXISTS bench_rows (id uuid PRIMARY KEY, points bigint NOT NULL);
        INSERT INTO bench_rows
        SELECT bench_id('be', n), 0 FROM generate_series(1, {database.content.members}) n
        ON CONFLICT DO NOTHING;
        GRANT SELECT, UPDATE ON bench_rows TO regulars_app;
        ANALYZE bench_rows;
        """
    )
