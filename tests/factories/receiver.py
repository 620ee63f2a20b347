"""A merchant's system on loopback that takes webhooks, or misbehaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from unittest.mock import patch

import pytest
from standardwebhooks.webhooks import Webhook

from core import clock
from core.settings import settings as installed


@dataclass
class Receiver:
    """A real server; `behaviours` are shown in turn, the last one for ever.

    A status answers with it; "silent" never answers, "hangs_up" closes without a word, "endless" sends a body
    that does not end, and an address redirects there.
    """

    behaviours: list[int | str] = field(default_factory=lambda: [200])
    extra: str = ""
    came: list[datetime] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    sent_bytes: int = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
            parted = (line.partition(":") for line in lines)
            head = {name.lower(): value.strip() for name, _, value in parted}
            body = await reader.readexactly(int(head.get("content-length", "0")))
            # Only now: others come in meanwhile, and each head stands with its own body.
            self.came.append(clock.now())
            self.heads.append(head)
            self.bodies.append(body)
            shown = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
            await self._behave(shown, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _behave(self, shown: int | str, writer: asyncio.StreamWriter) -> None:
        if shown == "silent":
            await asyncio.sleep(60)
        elif shown == "endless":
            writer.write(b"HTTP/1.1 200 x\r\ncontent-type: text/plain\r\n\r\n")
            while self.sent_bytes < 50_000_000:
                writer.write(b"x" * 10_000)
                self.sent_bytes += 10_000
                await writer.drain()
        elif isinstance(shown, str) and shown != "hangs_up":
            writer.write(f"HTTP/1.1 302 x\r\nlocation: {shown}\r\ncontent-length: 0\r\n\r\n".encode())
        elif isinstance(shown, int):
            said = f"answer {shown}"
            head = (
                f"HTTP/1.1 {shown} x\r\n{self.extra}content-length: {len(said)}\r\nconnection: close\r\n\r\n"
            )
            writer.write((head + said).encode())
        await writer.drain()

    def verified(self, secret: str, number: int = -1) -> dict[str, object]:
        """One body, checked by the package of the standard: it raises where the signature is not right.

        The package looks whether the time that is signed is that of the arrival, by our clock.
        """
        with patch("standardwebhooks.webhooks.datetime", wraps=datetime) as foreign:
            foreign.now.return_value = self.came[number]
            found: dict[str, object] = Webhook(secret).verify(self.bodies[number], self.heads[number])
        return found


@asynccontextmanager
async def receiving(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Receiver, str]]:
    """A receiver and its address, which the installation may reach."""
    found = Receiver()
    listener = await asyncio.start_server(found.talk, "127.0.0.1", 0)
    monkeypatch.setenv("REGULARS_PRIVATE_HOSTS", '["127.0.0.1"]')
    installed.cache_clear()
    try:
        yield found, f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/hooks?shop=1"
    finally:
        listener.close()
        monkeypatch.undo()
        installed.cache_clear()
