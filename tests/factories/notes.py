"""A kind of message of the tests' own, and a gateway that takes what is posted to it."""

import asyncio
from dataclasses import dataclass, field

import msgspec

from core.notifications import kinds, letters
from core.notifications.model import Kind, Letter, Reader


class Note(msgspec.Struct, frozen=True):
    """`text` is said; "over": by the time it is written there is nothing left to say."""

    text: str


async def _write(told: Note, reader: Reader) -> Letter | None:
    return None if told.text == "over" else letters.plain("A note", [told.text], reader, "/portal", "Look:")


EXPIRY = kinds.register(Kind(code="test_expiry", about="expiry", values=Note, write=_write))
ORDERS = kinds.register(Kind(code="test_orders", about="orders", values=Note, write=_write))
REST = kinds.register(Kind(code="test_rest", about="points", values=Note, write=_write, shipped=False))


@dataclass
class Gateway:
    """A real server on loopback; `answers` are given in turn, the last one for ever."""

    answers: list[int] = field(default_factory=lambda: [200])
    heads: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        head = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.heads.append(head)
        self.bodies.append(await reader.readexactly(int(head["content-length"])))
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        writer.write(f"HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()
