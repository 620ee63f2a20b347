from datetime import UTC, datetime

import pytest

from admin.demo.story import Story, build_story

NOW = datetime(2026, 3, 14, 8, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def full_story() -> Story:
    return build_story(7, NOW)
