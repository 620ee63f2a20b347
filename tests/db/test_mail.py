"""Mail: kept always, sent when there is a mail server."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from uuid import UUID

import pytest

from core import db
from core.errors import NotFound
from core.mail import service, smtp
from core.mail import tasks as tasks
from core.outbox import Turn, registry, work
from core.outbox.store import Item
from core.settings import settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class MailServer:
    """Enough of SMTP to take a mail, or to answer RCPT with what a test wants."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.answer_to_rcpt = "250 fine"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            command = line[:4].upper()
            if command == b"DATA":
                writer.write(b"354 go on\r\n")
                text = await reader.readuntil(b"\r\n.\r\n")
                self.taken.append(text[:-5].replace(b"\r\n..", b"\r\n."))
                writer.write(b"250 taken\r\n")
            elif command == b"RCPT":
                writer.write(f"{self.answer_to_rcpt}\r\n".encode())
            elif command == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 fine\r\n")
        await writer.drain()
        writer.close()


@pytest.fixture
async def mail_server(set_smtp: pytest.MonkeyPatch) -> AsyncIterator[MailServer]:
    """A mail server that the settings point to."""
    server = MailServer()
    listener = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    point_to(set_smtp, f"smtp://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
    yield server
    listener.close()


@pytest.fixture
def set_smtp(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Settings may be changed, and are as before at the end."""
    yield monkeypatch
    monkeypatch.undo()
    settings.cache_clear()


def point_to(patch: pytest.MonkeyPatch, url: str) -> None:
    patch.setenv("REGULARS_SMTP_URL", url)
    patch.setenv("REGULARS_MAIL_FROM", "The Shop <shop@example.org>")
    settings.cache_clear()


async def write(merchant: UUID, to: str = "ann@example.org", subject: str = "你的积分 points") -> UUID:
    async with db.transaction(merchant):
        return await service.send("login_link", to, "zh-Hans", subject, "你好!\n.\nBye", NOW)


async def deliver(merchant: UUID) -> None:
    async with db.transaction(merchant):
        rows = await db.fetch("SELECT id, merchant_id, topic, attempts FROM outbox")
    await work.run([Item(**row) for row in rows])


async def waiting(merchant: UUID) -> list[db.Row]:
    async with db.transaction(merchant):
        return list(await db.fetch("SELECT * FROM outbox"))


async def test_without_a_server_it_is_kept(merchant: UUID) -> None:
    first, second = await write(merchant), await write(merchant, subject="Second")
    assert await waiting(merchant) == []
    async with db.transaction(merchant):
        assert [mail.id for mail in await service.newest()] == [second, first]
        mail = await service.get(first)
        with pytest.raises(NotFound):
            await service.get(merchant)
    assert (mail.to_address, mail.subject, mail.sent_at) == ("ann@example.org", "你的积分 points", None)


async def test_it_is_sent_once_and_marked(merchant: UUID, mail_server: MailServer) -> None:
    mail_id = await write(merchant)
    await deliver(merchant)
    await deliver(merchant)
    (raw,) = mail_server.taken
    message = message_from_bytes(raw, policy=policy.default)
    assert message["To"] == "ann@example.org"
    assert message["From"] == "The Shop <shop@example.org>"
    assert message["Subject"] == "你的积分 points"
    assert message["Message-ID"] == f"<{mail_id}@example.org>"
    assert message.get_content().splitlines() == ["你好!", ".", "Bye"]
    async with db.transaction(merchant):
        assert (await service.get(mail_id)).sent_at is not None
    assert await waiting(merchant) == []


async def test_what_people_can_end_goes_behind_what_somebody_waits_for(
    merchant: UUID, mail_server: MailServer
) -> None:
    async with db.transaction(merchant):
        headers = {"List-Unsubscribe": "<https://shop.test/end>"}
        for kind, more in (("points_expiring", headers), ("login_link", None), ("case_reply", {"X-A": "b"})):
            await service.send(kind, "ann@example.org", "en", kind, "Hello", NOW, headers=more)
    turns = [registry.find(row["topic"]).turn for row in await waiting(merchant)]
    assert sorted(turns) == [Turn.NOW, Turn.NOW, Turn.BULK]
    await deliver(merchant)
    assert len(mail_server.taken) == 3 and await waiting(merchant) == []


async def test_refused_for_ever_is_parked(merchant: UUID, mail_server: MailServer) -> None:
    mail_server.answer_to_rcpt = "550 nobody of that name"
    mail_id = await write(merchant)
    await deliver(merchant)
    (row,) = await waiting(merchant)
    assert row["parked_at"] is not None
    assert row["last_error"] == "MailRefused: 550 nobody of that name"
    async with db.transaction(merchant):
        assert (await service.get(mail_id)).sent_at is None


async def test_refused_for_now_is_tried_again(merchant: UUID, mail_server: MailServer) -> None:
    mail_server.answer_to_rcpt = "451 later"
    await write(merchant)
    await deliver(merchant)
    (row,) = await waiting(merchant)
    assert (row["parked_at"], row["attempts"]) == (None, 1)
    mail_server.answer_to_rcpt = "250 fine"
    await deliver(merchant)
    assert await waiting(merchant) == []
    assert len(mail_server.taken) == 1


async def test_no_server_at_the_address(merchant: UUID, set_smtp: pytest.MonkeyPatch) -> None:
    point_to(set_smtp, "smtp://127.0.0.1:1")
    await write(merchant)
    await deliver(merchant)
    (row,) = await waiting(merchant)
    assert (row["parked_at"], row["attempts"]) == (None, 1)
    assert row["last_error"].startswith("ConnectionRefusedError")


async def test_lines_in_headers_cannot_add_headers(merchant: UUID, mail_server: MailServer) -> None:
    await write(merchant, subject="Hello\r\nBcc: all@example.org")
    await write(merchant, to="ann@example.org\nBcc: all@example.org")
    await deliver(merchant)
    (raw,) = mail_server.taken
    message = message_from_bytes(raw, policy=policy.default)
    assert message["Bcc"] is None
    assert message["Subject"] == "Hello Bcc: all@example.org"
    (row,) = await waiting(merchant)
    assert row["parked_at"] is not None


@pytest.mark.parametrize(
    ("url", "scheme", "port"),
    [
        ("smtp://mail", "smtp", 25),
        ("smtp://ann:p%40ss@mail", "smtp+starttls", 587),
        ("smtp+starttls://mail:2525", "smtp+starttls", 2525),
        ("smtps://ann:p%40ss@mail", "smtps", 465),
    ],
)
def test_server_of_a_url(url: str, scheme: str, port: int) -> None:
    server = smtp.Server.from_url(url)
    assert (server.scheme, server.host, server.port) == (scheme, "mail", port)
    assert server.password == ("p@ss" if "ann" in url else "")


def test_unknown_scheme() -> None:
    with pytest.raises(ValueError):
        smtp.Server.from_url("http://mail")
