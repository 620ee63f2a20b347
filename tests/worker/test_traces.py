"""Traces: one leads from the request that brought a review to its case; off, they cost no import."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from core import clock, db, logs, outbox
from core.outbox import work
from core.outbox.store import Item
from core.telemetry import traces
from tests.conftest import new_merchant
from tests.http.conftest import new_key, write
from tests.http.desk import a_review
from tests.http.shop import open_shop
from tests.worker import handlers as handlers
from tests.worker.servers import Processes, answers, until

ROOT = Path(__file__).parents[2]
THEIRS = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
"""A caller's own place, as W3C writes it."""


class Receiver(ThreadingHTTPServer):
    """A collector: keeps the spans that come by OTLP."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Take)
        self.spans: list[dict[str, Any]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Take(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        told = ExportTraceServiceRequest()
        told.ParseFromString(self.rfile.read(int(self.headers["Content-Length"])))
        for resource in told.resource_spans:
            service = {each.key: each.value.string_value for each in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.server.spans += [
                    {
                        "name": span.name,
                        "trace": span.trace_id.hex(),
                        "id": span.span_id.hex(),
                        "parent": span.parent_span_id.hex(),
                        "service": service["service.name"],
                        "of": {each.key: each.value.string_value for each in span.attributes},
                    }
                    for span in scope.spans
                ]
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Silence."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A collector that runs."""
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def here() -> Iterator[InMemorySpanExporter]:
    """This process traces, into memory."""
    kept = InMemorySpanExporter()
    traces.use(SimpleSpanProcessor(kept), "test")
    yield kept
    traces.end()


@pytest.mark.slow
async def test_one_trace_from_the_request_to_the_case(
    receiver: Receiver, processes: Processes, merchant: UUID
) -> None:
    """API, worker and scheduler as they are shipped, and a collector that speaks OTLP."""
    await open_shop(merchant)
    key = await new_key(merchant, "reviews:write")
    to = {"REGULARS_OTLP_URL": receiver.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
    address = processes.api(to)
    processes.scheduler(env=to)
    processes.worker(reads=True, env=to)
    await answers(address)
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = write(key) | {"traceparent": THEIRS}
        review = a_review(written_at=clock.now().isoformat())
        answer = await client.post(f"{address}/v1/reviews", json=review, headers=headers)
        assert answer.status_code == 200, answer.text
    trace = THEIRS.split("-")[1]

    def spans(name: str) -> list[dict[str, Any]]:
        return [each for each in receiver.spans if each["trace"] == trace and each["name"] == name]

    async def all_came() -> bool:
        return all(spans(name) for name in ("POST /v1/reviews", "outbox review.score", "case judge"))

    await until(all_came, "the case's span came")
    async with db.transaction(merchant):
        assert await db.fetchval("SELECT count(*) FROM cases") == 1
    [asked], [scored], [judged] = (
        spans(n) for n in ("POST /v1/reviews", "outbox review.score", "case judge")
    )
    assert asked["parent"] == THEIRS.split("-")[2]
    assert (asked["service"], scored["service"]) == ("regulars-api", "regulars-worker")
    assert scored["parent"] == asked["id"]
    assert judged["parent"] == scored["id"]
    assert asked["of"]["http.route"] == "/v1/reviews" and asked["of"]["request.id"]
    inserted = [each for each in receiver.spans if "INSERT INTO cases" in each["of"].get("db.query.text", "")]
    assert [(each["trace"], each["parent"]) for each in inserted] == [(trace, judged["id"])]
    [computed] = spans("compute review.score")
    assert computed["parent"] == scored["id"]
    told = json.dumps(receiver.spans)
    assert "broke on the first day" not in told and key["authorization"].split()[1] not in told


async def _rows(merchant: UUID) -> list[Item]:
    async with db.transaction(merchant):
        found = await db.fetch("SELECT id, merchant_id, topic, attempts FROM outbox ORDER BY id")
    return [Item(**row) for row in found]


@pytest.fixture
async def two(merchant: UUID) -> AsyncIterator[list[UUID]]:
    """Two merchants without work."""
    yield [merchant, await new_merchant()]


async def test_several_rows_at_once_lead_to_one_trace(two: list[UUID], here: InMemorySpanExporter) -> None:
    """Scored together: a trace of its own, with a span in each of theirs that links to it."""
    origins = []
    for merchant in two:
        with traces.span("asks"):
            origins.append(traces.ids()["trace_id"])
            async with db.transaction(merchant):
                await outbox.add("test.score", {"kind": "traced"}, clock.now())
    await work.run([item for merchant in two for item in await _rows(merchant)])
    found = [each for each in here.get_finished_spans() if each.name == "outbox test.score"]
    together = [each for each in found if each.parent is None]
    apart = [each for each in found if each.parent is not None]
    assert len(together) == 1 and len(together[0].links) == 0
    assert sorted(f"{each.context.trace_id:032x}" for each in apart) == sorted(origins)
    assert {each.links[0].context.span_id for each in apart} == {together[0].context.span_id}


async def test_work_that_leads_to_work(merchant: UUID, here: InMemorySpanExporter) -> None:
    """What a handler adds to the outbox continues the handler's trace."""
    with traces.span("asks"):
        async with db.transaction(merchant):
            await outbox.add("test.lead", {}, clock.now())
        asked = traces.ids()["trace_id"]
    await work.run(await _rows(merchant))
    [row] = await _rows(merchant)
    assert row.topic == "test.idle"
    await work.run([row])
    names = [each.name for each in here.get_finished_spans() if f"{each.context.trace_id:032x}" == asked]
    assert {"asks", "outbox test.lead", "outbox test.idle"} <= set(names)


async def test_a_failed_row_keeps_its_place(merchant: UUID, here: InMemorySpanExporter) -> None:
    with traces.span("asks"):
        async with db.transaction(merchant):
            await outbox.add("test.fail", {"kind": "x"}, clock.now())
        asked = int(traces.ids()["trace_id"], 16)
    await work.run(await _rows(merchant))
    await work.run(await _rows(merchant))
    failed = [each for each in here.get_finished_spans() if each.name == "outbox test.fail"]
    assert [each.context.trace_id for each in failed] == [asked, asked]
    assert all(not each.status.is_ok for each in failed)


async def test_logs_say_where(here: InMemorySpanExporter, capsys: pytest.CaptureFixture[str]) -> None:
    assert traces.add_ids in logs._shared()
    assert traces.ids() == {}
    with traces.span("asks"):
        ids = traces.ids()
        assert traces.add_ids(None, "", {"event": "x"}) == {"event": "x", **ids}
    assert len(ids["trace_id"]) == 32 and len(ids["span_id"]) == 16


async def test_off_nothing_is_written_or_imported(merchant: UUID) -> None:
    assert not traces.on() and traces.here() == ""
    with traces.span("asks"):
        async with db.transaction(merchant):
            await outbox.add("test.idle", {"kind": "x"}, clock.now())
            assert await db.fetchval("SELECT count(traceparent) FROM outbox") == 0
    code = (
        "import sys, admin.serve, core.worker, core.scheduler; print('opentelemetry.exporter' in sys.modules)"
    )
    done = await asyncio.to_thread(
        lambda: subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    )
    assert done.stdout.strip() == "False", done.stderr
