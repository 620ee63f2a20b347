"""The same work over HTTP, signed in by API key: one granian process, clients that keep their connections."""

from tests.benchmarks.registry import Figures, at_least, benchmark
from tests.benchmarks.rig import Rig
from tests.benchmarks.rounds import alternate
from tests.benchmarks.scripts import BATCH, EARN, EARN_BATCH
from tests.benchmarks.served import UNGUARDED, served

CLIENTS = 32
BATCH_CLIENTS = 8


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
    "http.earn_batch",
    f"earns a second in NDJSON requests of {BATCH}, with a result for each line; {BATCH_CLIENTS} clients",
    f"ledger.post_batch; {BATCH_CLIENTS} clients",
    "1/s",
    at_least(0.5),
)
def earn_batch(rig: Rig) -> Figures:
    database = rig.database()
    with served(rig, database) as server:
        return alternate(
            lambda: BATCH * server.rate(BATCH_CLIENTS, 3 * rig.run_s, "earn_batch"),
            lambda: BATCH * database.tps(EARN_BATCH, BATCH_CLIENTS, 3 * rig.run_s),
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


@benchmark(
    "guard.cost",
    f"http.earn, {CLIENTS} clients",
    "the same without row-level security, idempotency and the name of who gave",
    "1/s",
    at_least(0.75),
)
def guard(rig: Rig) -> Figures:
    source = rig.database()
    with rig.copy(source) as safe, rig.copy(source) as bare:
        bare.without_policies()
        with served(rig, safe) as guarded, served(rig, bare, UNGUARDED) as unguarded:
            return alternate(
                lambda: guarded.rate(CLIENTS, rig.run_s, "earn"),
                lambda: unguarded.rate(CLIENTS, rig.run_s, "earn"),
                rig.rounds,
            )
