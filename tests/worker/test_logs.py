"""Logs: lines of JSON or of text, whoever writes them, and no secret in them."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from core import logs


@pytest.fixture
def restored() -> Iterator[None]:
    """Logging is as before at the end."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before[0], before[1]
    logging.captureWarnings(False)
    structlog.reset_defaults()


def written(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err


@pytest.mark.usefixtures("restored")
def test_ours_and_the_standard_librarys_look_alike(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO", "json")
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger("ours").info("points posted", points=5)
        logging.getLogger("theirs").warning("%s is away", "Valkey")
        logging.getLogger("theirs").debug("nobody reads this")
    ours, theirs = (json.loads(line) for line in written(capsys).splitlines())
    assert ours["event"] == "points posted"
    assert ours["points"] == 5
    assert theirs["event"] == "Valkey is away"
    assert [line["logger"] for line in (ours, theirs)] == ["ours", "theirs"]
    assert [line["level"] for line in (ours, theirs)] == ["info", "warning"]
    assert all(line["request_id"] == "r1" and line["time"].endswith("Z") for line in (ours, theirs))


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("form", ["json", "text"])
def test_no_secret_is_written(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO", form)
    log = structlog.get_logger("ours")
    log.info("sign-in", password="hunter2", nested={"session_token": "hunter2"}, to=["redis://:hunter2@h/0"])
    logging.getLogger("theirs").error("cannot reach postgresql://app:hunter2@db/regulars")
    url = "smtp://ann:" + "hunter2" + "@mail"
    try:
        raise ConnectionError(f"{url} refuses")
    except ConnectionError:
        log.exception("mail failed")
    text = written(capsys)
    assert "hunter2" not in text
    assert text.count("***") == 5
    assert "ConnectionError" in text
