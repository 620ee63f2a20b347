"""The points ledger by itself: what PostgreSQL does in one call of the one writer."""

from tests.benchmarks.registry import Figures, at_least, benchmark
from tests.benchmarks.rig import Rig
from tests.benchmarks.rounds import alternate
from tests.benchmarks.scripts import EARN, UPDATE, plain_rows


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
