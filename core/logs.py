"""Structured logs: one JSON object a line, or text for people; the standard library's go the same way.

Bind what a whole request or task has in common with structlog.contextvars.bound_contextvars:
`request_id`, `merchant_id`; tasks have `task_id`. Secrets are struck out before anything is written.
"""

import logging.config
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import msgspec
import structlog
from structlog.typing import Processor

from core import clock
from core.telemetry import traces

SECRET_NAME = re.compile(
    r"password|secret|token|authorization|cookie|api_?key|credential|(smtp|database|valkey)_.*url"
)
URL_PASSWORD = re.compile(r"(\w://[^/@\s:]*:)[^@\s]*(@)")
HIDDEN = "***"
QUIET = ("httpx", "httpcore", "celery.worker.strategy", "celery.app.trace", "asyncio")
"""Loggers that tell of every request or message: only their warnings matter."""


_lines = False
"""Whether line() writes by itself: JSON is wanted, and lines of this level are."""


def line(logger: str, event: str, **fields: Any) -> None:
    """A line of level INFO for what is told of each request: as any other, at a tenth of the cost.

    Nothing is struck out of the fields.
    """
    if not _lines:
        structlog.get_logger(logger).info(event, **fields)
        return
    told = {**fields, **traces.ids(), "event": event, "level": "info", "logger": logger, "time": clock.now()}
    sys.stderr.write(msgspec.json.encode(told).decode() + "\n")


def configure(level: str, form: str) -> None:
    """Set up logging of this process. `form` is json or text, `level` a name of the standard library."""
    global _lines
    _lines = form == "json" and logging.getLevelName(level) <= logging.INFO
    logging.config.dictConfig(standard_config(level, form))
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def standard_config(level: str, form: str) -> dict[str, Any]:
    """The same as a configuration for logging.config.dictConfig, for servers that insist on one."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _shared(),
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *_render(form),
                ],
            }
        },
        "handlers": {
            "lines": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "lines"}
        },
        "root": {"handlers": ["lines"], "level": level},
        "loggers": {name: {"level": "WARNING"} for name in QUIET},
    }


def strike_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """A structlog processor: hides values with a telling name, and passwords inside of URLs."""
    return {key: _struck(key, value) for key, value in event.items()}


def _struck(name: str, value: Any) -> Any:
    if SECRET_NAME.search(name.lower()):
        return HIDDEN
    if isinstance(value, str):
        return URL_PASSWORD.sub(rf"\1{HIDDEN}\2", value) if "://" in value else value
    if isinstance(value, Mapping):
        return {key: _struck(str(key), each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_struck("", each) for each in value]
    return value


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.stdlib.PositionalArgumentsFormatter(),
        traces.add_ids,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]


def _render(form: str) -> list[Processor]:
    # Plain tracebacks: the pretty ones show local variables, secrets among them.
    before: list[Processor] = [structlog.processors.format_exc_info, strike_secrets]
    if form == "json":
        return [*before, structlog.processors.JSONRenderer(ensure_ascii=False)]
    text = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        timestamp_key="time",
        exception_formatter=structlog.dev.plain_traceback,
    )
    return [*before, text]
