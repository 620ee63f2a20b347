"""The figures that processes count. Names, labels and meaning of all of them stand here.

Every one has a label: prometheus_client makes the place of a figure when its labels are first named, and by
then shelf.begin() has said where that is. Without it they are counted in this process and shown nowhere.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from prometheus_client import Counter, Gauge, Histogram

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
UNKNOWN = "other"

HTTP = Histogram(
    "regulars_http_request_duration_seconds",
    "Time from a request's first byte to its answer's end. route: as registered; other: no such page.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
WORK = Histogram(
    "regulars_outbox_work_duration_seconds",
    "Time that the rows of one topic in one message took a worker.",
    ["topic"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300),
)
ROWS = Counter(
    "regulars_outbox_rows",
    "Rows of the outbox that a worker was done with. outcome: done, failed (to be tried again), parked.",
    ["topic", "outcome"],
)
SENT = Counter("regulars_relay_rows_sent", "Rows that the relay handed to the workers.", ["queue", "turn"])
PASSES = Counter(
    "regulars_relay_passes",
    "Turns of the relay's loop. outcome: ok, valkey_away, database_away.",
    ["outcome"],
)
SCORED = Counter(
    "regulars_reviews_scored", "Wordings of reviews that a model has read and whose score is kept.", ["model"]
)
BREACHES = Counter(
    "regulars_case_clock_breaches",
    "Clocks of cases that passed their target. level: 1 all of it, 2 half as long again, 3 twice as long.",
    ["clock", "level"],
)
POOL = Gauge(
    "regulars_database_pool_connections",
    "Connections of an API process to PostgreSQL. state: used, idle.",
    ["state"],
    multiprocess_mode="livesum",
)
STREAMS = Gauge(
    "regulars_sse_clients",
    "Open pages that listen for news.",
    ["feed"],
    multiprocess_mode="livesum",
)


def request(method: str, route: str, status: int, seconds: float) -> None:
    """A request was answered."""
    _http(method, route, status).observe(seconds)


@lru_cache(maxsize=4096)
def _http(method: str, route: str, status: int) -> Histogram:
    """Remembered: to look a place up by its labels takes longer than to count."""
    return HTTP.labels(method if method in METHODS else UNKNOWN, route or UNKNOWN, status)


@contextmanager
def stream(feed: str) -> Iterator[None]:
    """Somebody listens for as long as the block takes."""
    with STREAMS.labels(feed).track_inprogress():
        yield
