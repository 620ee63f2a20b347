"""Messages to customers: said once, when they may be said, by each channel that somebody wants, and noted."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook

from core import db
from core.clock import set_clock
from core.mail import service as mails
from core.notifications import consent, log, service, settings
from core.notifications import tasks as tasks
from core.notifications.model import Channel, Settings
from core.notifications.service import NothingToRetry, NotificationKeyReused
from core.outbox import work
from core.outbox.store import Item
from core.outgoing import AddressRefused
from core.people import customers
from core.people.customers import CustomerRow
from core.people.tokens import LinkEnded, merchant_of
from core.settings import settings as installed
from tests.factories.notes import EXPIRY, ORDERS, REST, Gateway

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NIGHT = NOON + timedelta(hours=11)
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
async def ada(merchant: UUID) -> UUID:
    async with db.transaction(merchant):
        row = CustomerRow("ada", NOON, email="ada@example.test", name="Ada", locale="zh-Hant")
        return (await customers.upsert([row]))["ada"]


@pytest.fixture
async def gateway(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Gateway, str]]:
    """A gateway and its address, which the installation may reach."""
    found = Gateway()
    listener = await asyncio.start_server(found.talk, "127.0.0.1", 0)
    monkeypatch.setenv("REGULARS_PRIVATE_HOSTS", '["127.0.0.1"]')
    installed.cache_clear()
    yield found, f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/notes"
    listener.close()
    monkeypatch.undo()
    installed.cache_clear()


async def say(
    merchant: UUID,
    to: UUID,
    text: str = "Hello",
    now: datetime = NOON,
    key: str = "k",
    kind: str = ORDERS.code,
) -> list[tuple[str, str, str]]:
    async with db.transaction(merchant):
        found = await service.notify(kind, to, {"text": text}, key, now)
    return [(each.channel, each.state, each.reason) for each in found]


async def noted(merchant: UUID) -> list[tuple[str, str, str]]:
    """Channel, state and reason of all there is, the oldest first."""
    async with db.transaction(merchant):
        return [(each.channel, each.state, each.reason) for each in reversed(await log.newest(50))]


async def written(merchant: UUID) -> list[mails.Mail]:
    async with db.transaction(merchant):
        return await mails.newest()


async def release(merchant: UUID, now: datetime) -> int:
    async with db.transaction(merchant):
        return await service.release(now)


async def want(merchant: UUID, who: UUID, channel: Channel, wants: bool, now: datetime = NOON) -> None:
    said = {(about, channel): wants for about in ("orders", "expiry")}
    async with db.transaction(merchant):
        await consent.say(who, said, "portal", now)  # type: ignore[arg-type]


async def work_off(merchant: UUID, now: datetime = NOON) -> None:
    async with db.transaction(merchant):
        rows = await db.fetch(
            "SELECT id, merchant_id, topic, attempts FROM outbox WHERE topic = $1", service.GATEWAY
        )
    with set_clock(lambda: now):
        await work.run([Item(**row) for row in rows])


async def test_a_message_is_said_once_whoever_asks(merchant: UUID, ada: UUID) -> None:
    found = await asyncio.gather(*(say(merchant, ada) for _ in range(4)))
    assert found == [[("mail", "queued", "")]] * 4
    [mail] = await written(merchant)
    assert (mail.kind, mail.to_address, mail.locale) == ("test_orders", "ada@example.test", "zh-Hant")
    assert "Ada" in mail.body and "Hello" in mail.body and "/portal/messages" in mail.body
    assert mail.headers == {}  # people wait for it: there is no one-click end
    with pytest.raises(NotificationKeyReused):
        await say(merchant, ada, text="Something else")
    assert len(await written(merchant)) == 1
    assert await noted(merchant) == [("mail", "queued", "")]


async def test_nothing_of_it_remains_when_the_transaction_fails(merchant: UUID, ada: UUID) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.transaction(merchant):
            await service.notify(ORDERS.code, ada, {"text": "x"}, "k", NOON)
            raise ZeroDivisionError
    assert await noted(merchant) == [] and await written(merchant) == []
    async with db.transaction(merchant):
        with pytest.raises(msgspec.ValidationError):
            await service.notify(ORDERS.code, ada, {"words": "x"}, "k", NOON)
        with pytest.raises(LookupError):
            await service.notify("nothing", ada, {}, "k", NOON)


async def test_marketing_waits_for_the_morning_and_has_a_one_click_end(merchant: UUID, ada: UUID) -> None:
    assert await say(merchant, ada, now=NIGHT, kind=EXPIRY.code) == [("mail", "held", "")]
    assert await release(merchant, MORNING - timedelta(minutes=1)) == 0
    assert await written(merchant) == []
    assert await release(merchant, MORNING) == 1
    assert await release(merchant, MORNING) == 0
    [mail] = await written(merchant)
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = mail.headers["List-Unsubscribe"].partition("token=")[2].rstrip(">")
    assert token in mail.body
    assert await merchant_of("gate_notification_link", token) == merchant
    async with db.transaction(merchant):
        holder = await consent.holder(token, MORNING)
        assert (holder.customer_id, holder.about, holder.channel) == (ada, "expiry", "mail")
        with pytest.raises(LinkEnded):
            await consent.holder(token, MORNING + consent.VALID)
    with pytest.raises(LinkEnded):
        await merchant_of("gate_notification_link", "x")


async def test_the_night_is_that_of_the_customers_own_clock(merchant: UUID, ada: UUID) -> None:
    async with db.transaction(merchant):
        await consent.choose_clock(ada, "Asia/Hong_Kong")
    assert await say(merchant, ada, now=NIGHT, kind=EXPIRY.code) == [("mail", "held", "")]  # 7 in the morning
    assert await release(merchant, NIGHT + timedelta(hours=2)) == 1
    assert await say(merchant, ada, "At noon", NOON, "l", EXPIRY.code) == [("mail", "held", "")]  # 8 at night
    async with db.transaction(merchant):
        await customers.erase(["ada"], NOON)
        assert await customers.time_zone(ada) == ""


@pytest.mark.parametrize("what", ["opted out", "erased", "over", "switched off"])
async def test_what_is_unwanted_by_the_morning_is_not_sent(merchant: UUID, ada: UUID, what: str) -> None:
    await say(merchant, ada, "over" if what == "over" else "Hello", NIGHT, kind=EXPIRY.code)
    if what == "opted out":
        await want(merchant, ada, "mail", False)
    if what == "erased":
        async with db.transaction(merchant):
            await customers.erase(["ada"], NIGHT)
    if what == "switched off":
        async with db.transaction(merchant):
            await settings.change(Settings(kinds={EXPIRY.code: False}), None, NIGHT)
    await release(merchant, MORNING)
    assert await written(merchant) == []
    reason = {"opted out": "opted_out", "erased": "erased"}.get(what, "outdated")
    assert await noted(merchant) == [("mail", "suppressed", reason)]
    async with db.transaction(merchant):
        assert await db.fetchval("SELECT told = '{}' FROM notifications")


async def test_the_newest_word_counts_and_goes_with_a_merge(merchant: UUID, ada: UUID) -> None:
    async with db.transaction(merchant):
        bob = (await customers.upsert([CustomerRow("bob", NOON, email="bob@example.test")]))["bob"]
    await want(merchant, ada, "mail", True, NOON - timedelta(days=2))
    await want(merchant, bob, "mail", False, NOON - timedelta(days=1))
    assert await say(merchant, ada, key="a") == [("mail", "queued", "")]
    async with db.transaction(merchant):
        await customers.merge("bob", "ada", NOON)
    assert await say(merchant, bob, key="b") == [("mail", "suppressed", "opted_out")]
    await want(merchant, ada, "mail", True, NOON)
    assert await say(merchant, bob, key="c") == [("mail", "queued", "")]
    assert {each.to_address for each in await written(merchant)} == {"ada@example.test"}


async def test_the_merchant_says_what_is_sent_and_whether_silence_is_a_no(merchant: UUID, ada: UUID) -> None:
    assert await say(merchant, ada, key="a", kind=REST.code) == []
    async with db.transaction(merchant):
        await settings.change(
            Settings(marketing_needs_consent=True, kinds={REST.code: True, ORDERS.code: False}), None, NOON
        )
    assert await say(merchant, ada, key="b", kind=REST.code) == [("mail", "suppressed", "no_consent")]
    assert await say(merchant, ada, key="c") == []
    async with db.transaction(merchant):
        with pytest.raises(settings.NotificationSettingsUnfit):
            await settings.change(Settings(kinds={"case_message": False}), None, NOON)
        assert (await settings.current()).kinds == {REST.code: True, ORDERS.code: False}


async def test_a_gateway_gets_what_was_agreed_to_signed(
    merchant: UUID, ada: UUID, gateway: tuple[Gateway, str]
) -> None:
    server, url = gateway
    async with db.transaction(merchant):
        secret = await settings.set_gateway("sms", url, NOON)
        await settings.set_gateway("push", url, NOON)
        sealed = await db.fetchval("SELECT secret FROM notification_gateways WHERE channel = 'sms'")
    assert secret.encode() not in sealed
    assert await say(merchant, ada, key="a") == [
        ("mail", "queued", "")
    ]  # silence is a no, and leaves no trace
    await want(merchant, ada, "sms", True)
    await want(merchant, ada, "push", False)
    assert await say(merchant, ada, key="b") == [
        ("mail", "queued", ""), ("sms", "queued", ""), ("push", "suppressed", "opted_out"),
    ]  # fmt: skip
    await work_off(merchant)
    await work_off(merchant)
    [head], [body] = server.heads, server.bodies
    signed_at = datetime.fromtimestamp(int(head["webhook-timestamp"]), UTC)
    assert head["webhook-signature"] == Webhook(secret).sign(head["webhook-id"], signed_at, body.decode())
    told = msgspec.json.decode(body)
    assert told["id"] == head["webhook-id"]
    assert (told["type"], told["customer_id"], told["locale"]) == ("notification.sms", "ada", "zh-Hant")
    assert told["text"].startswith("Hello\nhttp") and b"ada@example.test" not in body
    assert ("sms", "sent", "") in await noted(merchant)


@pytest.mark.parametrize(
    ("answers", "rounds", "end"),
    [
        ([500, 200], 2, ("sms", "sent", "")),
        ([429, 503, 200], 3, ("sms", "sent", "")),
        ([410], 2, ("sms", "suppressed", "unreachable")),
        ([400], 2, ("sms", "failed", "refused")),
        ([500], 9, ("sms", "failed", "refused")),
    ],
)
async def test_what_a_gateway_answers(
    merchant: UUID,
    ada: UUID,
    gateway: tuple[Gateway, str],
    answers: list[int],
    rounds: int,
    end: tuple[str, ...],
) -> None:
    server, url = gateway
    server.answers = list(answers)
    async with db.transaction(merchant):
        await settings.set_gateway("sms", url, NOON)
    await want(merchant, ada, "sms", True)
    await say(merchant, ada)
    for _ in range(rounds):
        await work_off(merchant)
    assert (await noted(merchant))[-1] == end
    assert len(server.bodies) == (8 if answers == [500] else len(answers))
    async with db.transaction(merchant):
        sms = await db.fetchval("SELECT id FROM notifications WHERE channel = 'sms'")
        if end[1] != "failed":
            with pytest.raises(NothingToRetry):
                await service.retry(sms, NOON)
            return
        server.answers = [200]
        await service.retry(sms, NOON)
    await work_off(merchant)
    assert (await noted(merchant))[-1] == ("sms", "sent", "")


async def test_what_is_tried_again_wakes_nobody_at_night(
    merchant: UUID, ada: UUID, gateway: tuple[Gateway, str]
) -> None:
    server, url = gateway
    server.answers = [503, 200]
    async with db.transaction(merchant):
        await settings.set_gateway("sms", url, NOON)
    await want(merchant, ada, "sms", True)
    await say(merchant, ada)
    await work_off(merchant)
    await work_off(merchant, NIGHT)
    assert (await noted(merchant))[-1] == ("sms", "held", "no_answer" if not server.bodies else "refused")
    assert len(server.bodies) == 1
    assert await release(merchant, MORNING) == 1
    await work_off(merchant, MORNING)
    assert (await noted(merchant))[-1] == ("sms", "sent", "") and len(server.bodies) == 2


async def test_a_gateway_in_our_own_network_is_refused(merchant: UUID) -> None:
    async with db.transaction(merchant):
        for url in ("http://shop.example/x", "https://user:pw@shop.example", "https://"):
            with pytest.raises(AddressRefused):
                await settings.set_gateway("sms", url, NOON)
        assert await settings.gateways() == {}
