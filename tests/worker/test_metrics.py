"""Figures for Prometheus: counted in every process, shown by one, named in dashboards as they are."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from ruamel.yaml import YAML

from core import clock, db, health, outbox
from core.celery_app import app
from core.settings import Settings, settings
from core.telemetry import exporter, metrics, shelf
from loyalty.ledger import reading as ledger
from tests.http.conftest import new_key
from tests.http.shop import open_shop
from tests.worker import handlers as handlers
from tests.worker.servers import Processes, Valkey, answers, until

ROOT = Path(__file__).parents[2]
DASHBOARD = ROOT / "deploy" / "grafana" / "regulars.json"
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yaml"
NAME = re.compile(r"\bregulars_[a-z0-9_]+")
LABELS = re.compile(r"(?:by|without) ?\(([^)]*)\)|\{([^}]*)\}")

Found = dict[str, dict[tuple[tuple[str, str], ...], float]]


@pytest.fixture
async def host(
    processes: Processes, valkey: Valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Processes]:
    """Processes whose figures this process shows: all have one data folder."""
    monkeypatch.setenv("REGULARS_VALKEY_URL", valkey.url)
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    app.loader.import_default_modules()
    yield processes
    settings.cache_clear()


async def page(token: str = "", path: str = "/metrics", **headers: str) -> httpx.Response:
    """What the exporter answers, in a thread as its server does it."""
    transport = httpx.WSGITransport(exporter.page(token))

    def ask() -> httpx.Response:
        with httpx.Client(transport=transport, base_url="http://metrics.test") as client:
            return client.get(path, headers=headers)

    return await asyncio.to_thread(ask)


async def figures() -> Found:
    """Samples by name and labels."""
    answer = await page()
    assert answer.status_code == 200, answer.text
    found: Found = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def one(found: Found, name: str, **labels: str) -> float:
    """The sum of the samples that have these labels; 0 without any."""
    return sum(value for given, value in found.get(name, {}).items() if labels.items() <= dict(given).items())


@pytest.mark.slow
async def test_what_processes_do_is_counted_and_shown(
    host: Processes, merchant: UUID, tmp_path: Path
) -> None:
    await open_shop(merchant)
    key = await new_key(merchant, "members:read")
    address = host.api({"REGULARS_DATA_DIR": str(tmp_path)})
    host.scheduler()
    host.worker()
    await answers(address)
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(3):
            assert (await client.get(f"{address}/v1/members/nobody", headers=key)).status_code == 404
        assert (await client.get(f"{address}/no-such-page")).status_code == 404
    async with db.transaction(merchant):
        await outbox.add_many("test.write", [{"kind": "counted"}] * 7, clock.now())
        await outbox.add("test.refuse", {"kind": "counted"}, clock.now())

    async def done() -> bool:
        now = await figures()
        return one(now, "regulars_outbox_rows_total", topic="test.write", outcome="done") == 7 and bool(
            one(now, "regulars_outbox_rows_total", topic="test.refuse", outcome="parked")
        )

    await until(done, "the work is counted")
    now = await figures()
    asked = {"route": "/v1/members/{customer_id}", "method": "GET", "status": "404"}
    assert one(now, "regulars_http_request_duration_seconds_count", **asked) == 3
    assert one(now, "regulars_http_request_duration_seconds_count", route="other", status="404") == 1
    assert one(now, "regulars_relay_passes_total", outcome="ok") > 0
    assert one(now, "regulars_relay_rows_sent_total", queue="events", turn="now") >= 8
    assert one(now, "regulars_outbox_work_duration_seconds_count", topic="test.write") >= 1
    assert one(now, "regulars_database_pool_connections") >= 1
    assert one(now, "regulars_outbox_parked_rows", topic="test.refuse") >= 1
    assert one(now, "regulars_up", part="database") == one(now, "regulars_up", part="valkey") == 1
    roles = {dict(labels)["process"] for labels in now["regulars_relay_passes_total"]}
    assert len(roles) == 1 and "-scheduler-" in roles.pop()
    beating = {dict(labels)["process"] for labels in now["regulars_heartbeat_age_seconds"]}
    assert any(name.endswith("-scheduler") for name in beating)
    assert "nobody" not in (await page()).text and str(merchant) not in (await page()).text
    host.end()

    async def gone() -> bool:
        return "regulars_relay_passes_total" not in await figures()

    await until(gone, "what ended is shown no longer")
    shelf.tidy()
    assert not list(shelf.folder().iterdir())


async def test_the_state_of_the_outbox_by_topic(host: Processes, merchant: UUID, valkey: Valkey) -> None:
    before = await figures()
    async with db.transaction(merchant):
        now = clock.now()
        await outbox.add("test.idle", {"kind": "old"}, now - timedelta(minutes=30))
        await outbox.add("test.idle", {"kind": "later"}, now, delay_s=3600)
        await db.execute("UPDATE outbox SET available_at = now() WHERE payload->>'kind' = 'old'")
        await db.execute(
            "INSERT INTO outbox (merchant_id, topic, payload, created_at, available_at, attempts)"
            " VALUES ($1, 'test.idle', '{}', $2, $2, 3), ($1, 'of.another.version', '{}', $2, $2, 0)",
            merchant,
            now,
        )
    after = await figures()

    def more(name: str, **labels: str) -> float:
        return one(after, name, **labels) - one(before, name, **labels)

    idle = {"topic": "test.idle", "queue": "events", "turn": "last"}
    assert more("regulars_outbox_waiting_rows", **idle) == 1
    assert more("regulars_outbox_delayed_rows", **idle) == 1
    assert more("regulars_outbox_retrying_rows", **idle) == 1
    assert one(after, "regulars_outbox_oldest_seconds", **idle) >= 1800
    assert more("regulars_outbox_waiting_rows", topic="of.another.version", queue="unknown") == 1
    assert one(after, "regulars_outbox_waiting_rows", topic="mail.send", turn="now") >= 0
    async with db.transaction(merchant):
        await db.execute("DELETE FROM outbox")
    with valkey.client() as client:
        client.rpush("events", "a", "b")
    assert one(await figures(), "regulars_valkey_messages", queue="events", turn="now") == 2
    valkey.stop()
    away = await figures()
    assert one(away, "regulars_up", part="valkey") == 0 and one(away, "regulars_up", part="database") == 1
    assert "regulars_valkey_messages" not in away and "regulars_outbox_waiting_rows" in away


@pytest.mark.usefixtures("host")
async def test_what_the_last_check_of_a_ledger_found(merchant: UUID) -> None:
    async def noted(faults: int, age: timedelta) -> Found:
        async with db.transaction(merchant):
            await ledger.note_check(faults, clock.now() - age)
        return await figures()

    before = await figures()
    assert one(before, "regulars_ledger_unchecked_merchants") >= 1
    wrong = await noted(3, timedelta(days=400))
    assert one(wrong, "regulars_ledger_faults") - one(before, "regulars_ledger_faults") == 3
    assert one(wrong, "regulars_ledger_check_age_seconds") >= 400 * 86400
    fewer = one(before, "regulars_ledger_unchecked_merchants") - 1
    assert one(wrong, "regulars_ledger_unchecked_merchants") == fewer
    assert one(await noted(0, timedelta()), "regulars_ledger_faults") == one(before, "regulars_ledger_faults")


@pytest.mark.usefixtures("host")
async def test_only_who_knows_the_token_reads() -> None:
    assert (await page("a token")).status_code == 401
    assert (await page("a token", authorization="Bearer another")).status_code == 401
    assert (await page("a token", authorization="Bearer a token")).status_code == 200
    assert (await page("a token", "/health")).text == "OK"
    assert (await page("a token", "/other")).status_code == 404
    assert "regulars_" not in (await page("a token")).text


@pytest.mark.parametrize("host_name", ["0.0.0.0", "10.0.0.1", "metrics.example"])
def test_nobody_else_is_let_in_without_a_token(host_name: str) -> None:
    with pytest.raises(exporter.MetricsOpen):
        exporter.server(Settings(metrics_host=host_name, metrics_token=SecretStr("")))


def described() -> set[str]:
    """What is said in deploy/, as queries."""
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    queries = {target["expr"] for panel in panels for target in panel.get("targets", ())}
    rules = YAML(typ="safe").load(ALERTS.read_text("utf-8"))["groups"]
    return queries | {rule["expr"] for group in rules for rule in group["rules"]}


@pytest.mark.usefixtures("host")
async def test_dashboard_and_alerts_name_what_there_is(merchant: UUID) -> None:
    """Every figure and label in them exists."""
    async with db.transaction(merchant):
        await ledger.note_check(0, clock.now())
    health.beat("scheduler")
    known: dict[str, set[str]] = {}
    counted: list[Any] = [each for each in vars(metrics).values() if hasattr(each, "_labelnames")]
    for each in counted:
        for suffix in ("", "_total", "_bucket", "_sum", "_count"):
            known[each._name + suffix] = {*each._labelnames, "process", "le"}
    for name, samples in (await figures()).items():
        known[name] = {label for labels in samples for label, _ in labels}
    assert len(described()) > 15
    for query in described():
        names = set(NAME.findall(query))
        assert names and names <= known.keys(), query
        labels = set().union(*(known[name] for name in names))
        for by, within in LABELS.findall(query):
            used = re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", within) if within else re.findall(r"\w+", by)
            assert set(used) <= labels | {"job", "instance"}, query


def test_every_alert_says_what_to_do() -> None:
    text = (ROOT / "docs" / "incidents.md").read_text("utf-8")
    for group in YAML(typ="safe").load(ALERTS.read_text("utf-8"))["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in ("page", "ticket"), rule
            anchor = rule["annotations"]["runbook"].partition("#")[2]
            headings = {
                h.lower().replace(" ", "-").replace("'", "") for h in re.findall(r"^## (.+)$", text, re.M)
            }
            assert anchor in headings, rule
