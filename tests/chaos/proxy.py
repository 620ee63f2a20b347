"""A TCP proxy whose connections can be cut."""

import asyncio
import random
from contextlib import suppress

CHUNK_BYTES = 65536


class Proxy:
    """Listens on a port of its own and hands every byte on to `target_port` of this machine."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen; `port` is then known."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Cut everything and listen no more."""
        if self._server:
            self._server.close()
        self.cut(random.Random(0), 1.0)

    def cut(self, chance: random.Random, share: float) -> int:
        """Break this share of the connections off in the middle, whatever flows; answers how many."""
        cut = [each for each in list(self._open) if chance.random() < share]
        for writer in cut:
            writer.transport.abort()
        return len(cut)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.transport.abort()
            return
        self._open.add(writer)
        try:
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        finally:
            self._open.discard(writer)
            for each in (writer, back):
                each.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one side ends; then the other is ended too."""
    with suppress(OSError):
        while data := await reader.read(CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
    with suppress(OSError, RuntimeError):
        writer.transport.abort()
