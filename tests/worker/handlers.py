"""Handlers whose effect can be counted: each writes mails of a kind that the test names."""

import asyncio
import os
import signal
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from core import db, outbox
from core.errors import DomainError, Kind
from core.mail import service


class Refused(DomainError):
    """Can never succeed."""

    code = "test_refused"
    kind = Kind.INVALID
    title = "Refused"


async def count(kind: str) -> int:
    """How often the effect `kind` happened to the merchant of the transaction."""
    return int(await db.fetchval("SELECT count(*) FROM mails WHERE kind = $1", kind))


async def _write(kind: str, now: datetime) -> None:
    await service.send(kind, "somebody@example.org", "en", "Subject", "Body", now)


@outbox.handles("test.write")
async def write(payload: dict[str, Any], now: datetime) -> None:
    """Have the effect, after `sleep_s`."""
    await _write(payload["kind"], now)
    await asyncio.sleep(payload.get("sleep_s", 0))


@outbox.handles("test.idle", turn=outbox.Turn.LAST)
async def idle(payload: dict[str, Any], now: datetime) -> None:
    """Have the effect, when nobody waits for anything else."""
    await _write(payload["kind"], now)


@outbox.handles("test.lead")
async def lead(payload: dict[str, Any], now: datetime) -> None:
    """Have more work done."""
    await outbox.add("test.idle", {"kind": "led"}, now)


@outbox.handles("test.fail")
async def fail(payload: dict[str, Any], now: datetime) -> None:
    """Have the effect, then fail: nothing of it may remain."""
    await _write(payload["kind"], now)
    raise RuntimeError("the shelf is empty")


@outbox.handles("test.refuse")
async def refuse(payload: dict[str, Any], now: datetime) -> None:
    """Have the effect, then refuse."""
    await _write(payload["kind"], now)
    raise Refused("no such shelf")


@outbox.handles("test.kill")
async def kill(payload: dict[str, Any], now: datetime) -> None:
    """Have the effect and kill this process in the middle, `times` times; count in a file."""
    await _write(payload["kind"], now)
    marks = Path(payload["file"])
    done = await asyncio.to_thread(lambda: len(marks.read_text()) if marks.exists() else 0)
    if done < payload["times"]:
        await asyncio.to_thread(marks.write_text, "x" * (done + 1))
        os.kill(os.getpid(), signal.SIGKILL)


@outbox.handles_batch("test.score", size=100)
class Score:
    """Effects in batches; a payload may ask to fail in any of the three steps."""

    batches: ClassVar[list[int]] = []
    """How many items were computed together, each time."""

    async def load(self, payloads: list[dict[str, Any]]) -> list[str | None]:
        if any(payload["kind"] == "bad-load" for payload in payloads):
            raise RuntimeError("cannot load")
        return [None if payload["kind"] == "gone" else payload["kind"] for payload in payloads]

    def compute(self, items: list[str]) -> list[int]:
        self.batches.append(len(items))
        if "bad-compute" in items:
            raise RuntimeError("cannot compute")
        return [len(item) for item in items]

    async def store(self, loaded: list[str], results: list[int], now: datetime) -> None:
        if "bad-store" in loaded:
            raise RuntimeError("cannot store")
        for kind, length in zip(loaded, results, strict=True):
            assert len(kind) == length
            await _write(kind, now)
