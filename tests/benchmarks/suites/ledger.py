"""The points ledger by itself: what PostgreSQL does in one call of the one writer."""

from core.ids import new_id
from tests.benchmarks.registry import Figures, at_least, benchmark
from tests.benchmarks.rig import Rig
from tests.benchmarks.rounds import alternate
from tests.benchmarks.scripts import BATCH, EARN, EARN_BATCH, EARN_ON_BUDGET, UPDATE, plain_rows


@benchmark(
    "ledger.post",
    "one earn: key, journal, entry, lot, balance, outbox; 8 clients",
    "UPDATE of one row by primary key; 8 clients",
    "1/s",
    at_least(0.45),
)
def post(rig: Rig) -> Figures:
    database = rig.database()
    plain_rows(database)
    return alternate(
        lambda: database.tps(EARN, 8, rig.run_s),
        lambda: database.tps(UPDATE, 8, rig.run_s),
        rig.rounds,
    )


@benchmark(
    "ledger.post_batch",
    f"earns, {BATCH} a statement, each with its own outcome; 8 clients",
    "ledger.post; 8 clients",
    "1/s",
    at_least(3),
)
def post_batch(rig: Rig) -> Figures:
    database = rig.database()
    return alternate(
        lambda: BATCH * database.tps(EARN_BATCH, 8, rig.run_s),
        lambda: database.tps(EARN, 8, rig.run_s),
        rig.rounds,
    )


@benchmark(
    "ledger.growth",
    "ledger.post with 10 M entries; 8 clients",
    "ledger.post with 100 k entries; 8 clients",
    "1/s",
    at_least(0.85),
)
def growth(rig: Rig) -> Figures:
    with rig.alone(rig.members, postings=5) as old, rig.alone(rig.members // 20, postings=1) as young:
        return alternate(
            lambda: old.tps(EARN, 8, rig.run_s), lambda: young.tps(EARN, 8, rig.run_s), rig.rounds
        )


@benchmark(
    "ledger.hot",
    "ledger.post, all of it on one campaign budget; 32 clients",
    "ledger.post on no budget; 32 clients",
    "1/s",
    at_least(0.5),
)
def hot(rig: Rig) -> Figures:
    database = rig.database()
    budget = str(new_id())
    database.call("SELECT ledger_budget($1, $2, NULL, NULL, 'UTC', NULL, NULL, now())", budget, 10**15)
    return alternate(
        lambda: database.tps(EARN_ON_BUDGET, 32, rig.run_s, budget=budget),
        lambda: database.tps(EARN, 32, rig.run_s),
        rig.rounds,
    )
