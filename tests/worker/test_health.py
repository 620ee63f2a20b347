"""What orchestrators ask."""

from datetime import timedelta
from pathlib import Path

import pytest

from core import clock, db, health, outbox
from core.embedded import Services
from core.settings import settings
from tests.conftest import new_merchant
from tests.worker.servers import Valkey


@pytest.fixture
def own_settings(database: Services, valkey: Valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of this test: its Valkey, its folder."""
    monkeypatch.setenv("REGULARS_VALKEY_URL", valkey.url)
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path))
    settings.cache_clear()


@pytest.fixture(autouse=True)
def fresh_settings_afterwards(request: pytest.FixtureRequest) -> None:
    request.addfinalizer(settings.cache_clear)


@pytest.mark.usefixtures("own_settings")
async def test_readiness_tells_what_is_away(valkey: Valkey) -> None:
    merchant = await new_merchant()
    async with db.transaction(merchant):
        await outbox.add(f"test.{merchant}", {}, clock.now() - timedelta(hours=1))
    ready = await health.readiness(clock.now())
    assert (ready["ready"], ready["database"], ready["valkey"]) == (True, "ok", "ok")
    assert ready["outbox"]["waiting"] >= 1
    assert ready["outbox"]["oldest_s"] >= 3600
    valkey.stop()
    ready = await health.readiness(clock.now())
    assert (ready["ready"], ready["database"], ready["valkey"]) == (True, "ok", "away")


@pytest.mark.usefixtures("own_settings")
async def test_what_is_meant_for_later_is_not_late() -> None:
    before = (await health.readiness(clock.now()))["outbox"]
    merchant = await new_merchant()
    async with db.transaction(merchant):
        await outbox.add(f"test.{merchant}", {}, clock.now() - timedelta(days=900), delay_s=901 * 86_400)
    after = (await health.readiness(clock.now()))["outbox"]
    assert (after["waiting"], after["delayed"]) == (before["waiting"], before["delayed"] + 1)
    assert after["oldest_s"] < before["oldest_s"] + 60


@pytest.mark.usefixtures("own_settings")
async def test_heartbeats_grow_old() -> None:
    now = clock.now()
    assert not health.worker_alive(now)
    assert not health.scheduler_alive(now)
    health.beat(health.worker_role(["scoring", "events"]))
    assert health.worker_alive(now)
    assert health.worker_alive(now, ["events", "scoring"])
    assert not health.worker_alive(now, ["events"])
    assert not health.scheduler_alive(now)
    assert not health.worker_alive(now + timedelta(seconds=health.BEAT_LIMIT_S + 5))
    health.rest(health.worker_role(["events", "scoring"]))
    assert not health.worker_alive(now)


async def test_api_that_nobody_runs() -> None:
    assert not await health.api_ready("http://127.0.0.1:1/health/ready")
