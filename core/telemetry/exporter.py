"""All figures of a host on one page that Prometheus reads: `regulars metrics`."""

import asyncio
import hmac
import threading
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from ipaddress import ip_address
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from core import clock
from core.errors import DomainError, Kind
from core.settings import Settings
from core.telemetry import shelf, state

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class MetricsOpen(DomainError):
    """The figures would be shown to other machines without a token."""

    code = "metrics_open"
    kind = Kind.INVALID
    title = "REGULARS_METRICS_TOKEN has to be set when REGULARS_METRICS_HOST is not this machine alone"


class Counted(Collector):
    """What processes of this host have counted, each command apart: what ends takes its figures along."""

    def collect(self) -> Iterator[Metric]:
        """Prometheus asks."""
        found: dict[str, Metric] = {}
        for place in shelf.in_use():
            for metric in _read(str(place)):
                family = found.setdefault(metric.name, Metric(metric.name, metric.documentation, metric.type))
                family.samples += [
                    Sample(each.name, {**each.labels, "process": place.name}, each.value)
                    for each in metric.samples
                ]
        yield from found.values()


class Asked(Collector):
    """What PostgreSQL and Valkey know."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        """Prometheus asks."""
        with self._one_at_a_time:
            yield from asyncio.run(state.figures(clock.now()))


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a line every few seconds tells nobody anything."""


def page(token: str) -> WSGI:
    """/metrics for whoever knows the token, if there is one; /health for everybody."""
    registry = CollectorRegistry()
    registry.register(Counted())
    registry.register(Asked())
    shown = make_wsgi_app(registry)

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path == "/health":
            return _short(start, HTTPStatus.OK)
        if path != "/metrics":
            return _short(start, HTTPStatus.NOT_FOUND)
        if token and not hmac.compare_digest(
            environ.get("HTTP_AUTHORIZATION", "").encode(), f"Bearer {token}".encode()
        ):
            return _short(start, HTTPStatus.UNAUTHORIZED, ("WWW-Authenticate", "Bearer"))
        answered: Iterable[bytes] = shown(environ, start)
        return answered

    return answer


def server(installed: Settings) -> WSGIServer:
    """Listens already; serve_forever() answers. Raises MetricsOpen, OSError."""
    token = installed.metrics_token.get_secret_value()
    if not token and not _is_here(installed.metrics_host):
        raise MetricsOpen()
    return make_server(
        installed.metrics_host,
        installed.metrics_port,
        page(token),
        server_class=_Server,
        handler_class=_Quiet,
    )


def _short(start: Callable[..., Any], status: HTTPStatus, *headers: tuple[str, str]) -> Iterable[bytes]:
    start(f"{status.value} {status.phrase}", [("Content-Type", "text/plain"), *headers])
    return [status.phrase.encode()]


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _read(place: str) -> Iterable[Metric]:
    """One command's figures; none if it is just ending."""
    try:
        return list(MultiProcessCollector(None, path=place).collect())  # type: ignore[no-untyped-call]
    except FileNotFoundError:
        return []
