"""A worker loads what its queues need before its first work, and nothing else."""

from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from core import celery_app
from core.outbox import registry
from core.outbox.registry import Topic
from core.settings import Settings, settings
from reviews.scoring import tasks
from reviews.scoring.tasks import ScoreReviews
from reviews.versions import tasks as versions
from sentiment import urgency
from sentiment.model_file import DEFAULT_FOLDER, ModelMissing


class Warming:
    def __init__(self) -> None:
        self.warm = 0

    def warm_up(self) -> None:
        self.warm += 1

    async def load(self, payloads: list[Any]) -> list[Any]:
        return payloads

    def compute(self, items: list[Any]) -> list[Any]:
        return items

    async def store(self, loaded: list[Any], results: list[Any], now: Any) -> None:
        pass


def test_only_the_batches_of_these_queues_are_warmed(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = Warming()
    monkeypatch.setattr(registry, "_topics", {"t": Topic("t", "scoring", 1, batch=batch)})
    registry.warm_up(["events"])
    assert batch.warm == 0
    registry.warm_up(["events", "scoring"])
    assert batch.warm == 1


def test_what_the_model_takes_is_logged_and_the_first_review_waits_for_nothing() -> None:
    urgency._patterns.cache_clear()
    with capture_logs() as logs:
        ScoreReviews().warm_up()
    [line] = [log for log in logs if log["event"] == "model loaded"]
    assert line["model"] == DEFAULT_FOLDER.name and 50 < line["resident_mb"] < 1_500
    assert urgency._patterns.cache_info().currsize == 1


def test_what_the_shadow_takes_beside_it_is_logged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "settings", lambda: Settings(shadow_model_dir=DEFAULT_FOLDER))
    versions.shadow.cache_clear()
    with capture_logs() as logs:
        assert versions.shadow() is versions.shadow() is not None
    versions.shadow.cache_clear()
    [line] = [log for log in logs if log["event"] == "shadow model loaded"]
    assert line["model"] == DEFAULT_FOLDER.name and line["resident_mb"] > 50


def test_a_model_that_is_not_there_lets_the_worker_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Any:
        raise ModelMissing(str(Path("nowhere")))

    monkeypatch.setattr(tasks, "scorer", missing)
    with capture_logs() as logs:
        ScoreReviews().warm_up()
    assert [log["code"] for log in logs] == ["model_missing"]


def test_how_much_a_child_may_hold_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("REGULARS_WORKER_MEMORY_LIMIT_MB", "4000")
        settings.cache_clear()
        assert celery_app._configuration()["worker_max_memory_per_child"] == 4_000_000
    settings.cache_clear()
