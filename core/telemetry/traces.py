"""Traces by OpenTelemetry: from a request through its SQL and the outbox into the workers.

Off unless REGULARS_OTLP_URL is set; only then are its packages (extra `traces`) imported. Where a row of the
outbox comes from stands in the row: each transaction tells PostgreSQL its place, `app.trace`, which is the
column's default, so that rows written by functions of the database have it, too.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from core import clock
from core.errors import DomainError, Kind
from core.settings import settings

SQL_CHARS = 500
"""So much of a statement is told; its arguments never are."""

_tracer: Any = None
_provider: Any = None


class TracesMissing(DomainError):
    """REGULARS_OTLP_URL is set, and the packages are not installed."""

    code = "traces_missing"
    kind = Kind.UNAVAILABLE
    title = "REGULARS_OTLP_URL needs the extra regulars[traces]"


def begin(role: str) -> None:
    """Send this process's traces from now on, if the settings say where to. Raises TracesMissing."""
    if not settings().otlp_url:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise TracesMissing() from error
    exporter = OTLPSpanExporter(endpoint=f"{settings().otlp_url.rstrip('/')}/v1/traces")
    use(BatchSpanProcessor(exporter), role)


def use(processor: Any, role: str) -> None:
    """Hand finished spans to an OpenTelemetry span processor."""
    global _tracer, _provider
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    _provider = TracerProvider(
        resource=Resource.create({"service.name": f"regulars-{role}"}),
        sampler=ParentBased(TraceIdRatioBased(settings().trace_ratio)),
        shutdown_on_exit=False,
    )
    _provider.add_span_processor(processor)
    _tracer = _provider.get_tracer("regulars")


def end() -> None:
    """Send what is still to be sent, and be off again."""
    global _tracer, _provider
    if _provider:
        _provider.shutdown()
    _tracer = _provider = None


def on() -> bool:
    """Whether this process traces."""
    return _tracer is not None


def span(name: str, **attributes: Any) -> AbstractContextManager[Any]:
    """A part of what is being done."""
    return _tracer.start_as_current_span(name, attributes=attributes) if _tracer else nullcontext()


def moment() -> int:
    """Now, as a span wants its beginning: nanoseconds since 1970."""
    return int(clock.now().timestamp() * 1e9)


def here() -> str:
    """The place at hand as W3C's traceparent; empty if nothing is traced."""
    if _tracer is None:
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")


@contextmanager
def request(method: str, traceparent: str, **attributes: Any) -> Iterator[Any]:
    """A request; `traceparent` is what the caller sent, or empty."""
    if _tracer is None:
        yield None
        return
    from opentelemetry.trace import SpanKind

    with _tracer.start_as_current_span(
        method, context=_context(traceparent), kind=SpanKind.SERVER, attributes=attributes
    ) as begun:
        yield begun


@contextmanager
def work(topic: str, origins: Sequence[str], begun: int) -> Iterator[None]:
    """Rows of the outbox are worked on, since the moment `begun`; each came from one of the origins.

    One row's work is part of its trace. That of several is a trace of its own, since it has no one parent;
    each of theirs gets a span that leads there.
    """
    if _tracer is None:
        yield
        return
    from opentelemetry.trace import Link, SpanKind

    parents = [found for each in dict.fromkeys(origins) if each and (found := _context(each))]
    alone = parents[0] if len(parents) == 1 else None
    name, kind = f"outbox {topic}", SpanKind.CONSUMER
    with _tracer.start_as_current_span(
        name, context=alone, kind=kind, start_time=begun, attributes={"outbox.rows": len(origins)}
    ) as together:
        yield
    if alone is None:
        for parent in parents:
            link = Link(together.get_span_context())
            _tracer.start_span(name, context=parent, kind=kind, start_time=begun, links=[link]).end()


def sql(query: Any) -> None:
    """A statement that asyncpg has run within a span; for add_query_logger()."""
    if _tracer is None:
        return
    from opentelemetry.trace import SpanKind, Status, StatusCode, get_current_span

    if not get_current_span().is_recording():
        return
    text = " ".join(str(query.query).split())[:SQL_CHARS]
    now = moment()
    told = _tracer.start_span(
        f"SQL {text.partition(' ')[0].upper()}",
        kind=SpanKind.CLIENT,
        start_time=now - int(query.elapsed * 1e9),
        attributes={"db.system.name": "postgresql", "db.query.text": text},
    )
    if query.exception is not None:
        told.set_status(Status(StatusCode.ERROR, type(query.exception).__name__))
    told.end(now)


def add_ids(_: Any, __: str, event: Any) -> Any:
    """A structlog processor: trace_id and span_id of the place at hand."""
    if _tracer is None:
        return event
    return {**event, **ids()}


def ids() -> dict[str, str]:
    """Both ids in hexadecimal; empty if nothing is traced."""
    _, _, place = here().partition("-")
    trace_id, _, rest = place.partition("-")
    return {"trace_id": trace_id, "span_id": rest.partition("-")[0]} if trace_id else {}


def _context(traceparent: str) -> Any:
    """The place that a traceparent names; None for one that names none."""
    if not traceparent:
        return None
    from opentelemetry.trace import get_current_span
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    found = TraceContextTextMapPropagator().extract({"traceparent": traceparent})
    return found if get_current_span(found).get_span_context().is_valid else None
