"""The same work over HTTP, signed in by API key: one granian process, clients that keep their connections."""

from tests.benchmarks.registry import Figures, at_least, benchmark
from tests.benchmarks.rig import Rig
from tests.benchmarks.rounds import alternate
from tests.benchmarks.scripts import EARN
from tests.benchmarks.served import served

CLIENTS = 32


@benchmark(
    "http.earn",
    f"one earn a request, with its idempotency key; {CLIENTS} clients",
    f"ledger.post by pgbench; {CLIENTS} clients",
    "1/s",
    at_least(0.3),
)
def earn(rig: Rig) -> Figures:
    database = rig.database()
    with served(rig, database) as server:
        return alternate(
            lambda: server.rate(CLIENTS, rig.run_s, "earn"),
            lambda: database.tps(EARN, CLIENTS, rig.run_s),
            rig.rounds,
        )


@benchmark(
    "http.balance",
    f"points, tier and progress of a member; {CLIENTS} clients",
    "an empty handler of the same server",
    "1/s",
    at_least(0.4),
)
def balance(rig: Rig) -> Figures:
    with served(rig, rig.database()) as server:
        return alternate(
            lambda: server.rate(CLIENTS, rig.run_s, "balance"),
            lambda: server.rate_of("/health/live", CLIENTS, rig.run_s),
            rig.rounds,
        )
