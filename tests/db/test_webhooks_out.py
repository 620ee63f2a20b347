"""Webhooks out, to a real server that behaves or not; signatures are checked by the standard's package."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from core import clock, db
from core.errors import NotFound
from core.mail import service as mails
from core.outbox import work
from core.outbox.store import Item
from core.outgoing import AddressRefused
from core.people import staff
from core.purge import purge
from core.webhooks import catalogue, endpoints, log, rules, sending, service
from core.webhooks import tasks as tasks
from core.webhooks.endpoints import Wanted
from core.webhooks.errors import DeliveryUnderWay, EndpointOff, TooManyEndpoints, WebhookTypeUnknown
from core.webhooks.model import Delivery, Endpoint, Told
from core.webhooks.sending import Request
from tests.conftest import new_merchant
from tests.factories.receiver import Receiver, receiving

NOW = clock.now()
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
async def there(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Receiver, str]]:
    async with receiving(monkeypatch) as found:
        yield found


async def add(merchant: UUID, url: str, *types: str) -> tuple[Endpoint, str]:
    async with db.transaction(merchant):
        made = await endpoints.add(Wanted(url, types), NOW)
        return made, await endpoints.secret(made.id)


async def event(merchant: UUID, message: str = "x", now: datetime = NOW) -> None:
    async with db.transaction(merchant):
        await service.publish(catalogue.TEST, [Told(catalogue.WebhookTest(message=message), now)], now)


async def deliver(merchant: UUID, now: datetime = NOW) -> None:
    """What is due by then, as a worker does it."""
    async with db.transaction(merchant):
        rows = await db.fetch(
            "SELECT id, merchant_id, topic, attempts FROM outbox WHERE topic = $1 AND available_at <= $2",
            service.DELIVER,
            now,
        )
    with clock.set_clock(lambda: now):
        await work.run([Item(**row) for row in rows])


async def newest(merchant: UUID) -> list[Delivery]:
    async with db.transaction(merchant):
        return await log.newest(100)


async def endpoint(merchant: UUID, which: UUID) -> Endpoint:
    async with db.transaction(merchant):
        return await endpoints.find(which)


async def test_an_event_arrives_signed_and_once(merchant: UUID, there: tuple[Receiver, str]) -> None:
    receiver, url = there
    made, secret = await add(merchant, url)
    await event(merchant)
    await deliver(merchant)
    await deliver(merchant)
    assert receiver.verified(secret)["data"] == {"message": "x"}
    assert len(receiver.bodies) == 1
    [found] = await newest(merchant)
    assert (found.state, found.attempts, found.status, found.next_at) == ("delivered", 1, 200, None)
    assert receiver.heads[0]["webhook-id"] == str(found.event_id)
    async with db.transaction(merchant):
        _, body, [attempt] = await log.find(found.id)
    assert body.encode() == receiver.bodies[0]
    assert (attempt.status, attempt.failure, attempt.answer) == (200, "", "answer 200")
    assert (await endpoint(merchant, made.id)).delivered == 1


async def test_it_is_told_with_its_deed_or_not_at_all(merchant: UUID, there: tuple[Receiver, str]) -> None:
    await add(merchant, there[1])
    with pytest.raises(ZeroDivisionError):
        async with db.transaction(merchant):
            await service.publish(catalogue.TEST, [Told(catalogue.WebhookTest(message="x"), NOW)], NOW)
            await service.emit("voucher.issued", [UUID(int=1)], NOW)
            raise ZeroDivisionError
    assert await newest(merchant) == []
    async with db.transaction(merchant):
        assert await db.fetchval("SELECT count(*) FROM outbox") == 0


async def test_nothing_is_written_where_nobody_wants_it(merchant: UUID, there: tuple[Receiver, str]) -> None:
    await add(merchant, there[1], "tier.changed")
    await event(merchant)
    async with db.transaction(merchant):
        await service.emit("voucher.issued", [UUID(int=1)], NOW)
        assert await db.fetchval("SELECT count(*) FROM outbox") == 0
        assert await db.fetchval("SELECT count(*) FROM webhook_events") == 0
        assert await service.wanted("tier.changed", "case.opened")
        assert not await service.wanted("case.opened")


async def test_what_is_refused_comes_again_by_the_schedule_with_the_same_id(
    merchant: UUID, there: tuple[Receiver, str]
) -> None:
    receiver, url = there
    receiver.behaviours = [500, 429, 204]
    receiver.extra = "retry-after: 900\r\n"
    made, _ = await add(merchant, url)
    await event(merchant)
    await deliver(merchant)
    [found] = await newest(merchant)
    assert (found.state, found.status) == ("queued", 500) and found.next_at
    assert NOW + timedelta(seconds=900) <= found.next_at <= NOW + timedelta(seconds=1080)  # it asked for that
    await deliver(merchant, NOW + timedelta(seconds=899))
    assert len(receiver.bodies) == 1
    await deliver(merchant, found.next_at)
    again = found.next_at
    receiver.extra = ""
    assert (await endpoint(merchant, made.id)).failing_since == NOW
    [found] = await newest(merchant)
    assert found.next_at
    await deliver(merchant, found.next_at)
    [found] = await newest(merchant)
    assert (found.state, found.attempts, found.status) == ("delivered", 3, 204)
    assert len({head["webhook-id"] for head in receiver.heads}) == 1
    assert int(receiver.heads[1]["webhook-timestamp"]) == int(again.timestamp())
    assert (await endpoint(merchant, made.id)).failing_since is None
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        receiver.verified(SECRET, 0)


async def test_it_is_given_up_after_ten_attempts_and_can_be_sent_again(
    merchant: UUID, there: tuple[Receiver, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver, url = there
    receiver.behaviours = [503]
    monkeypatch.setattr(rules, "DISABLE_AFTER", timedelta(days=30))
    await add(merchant, url)
    await event(merchant)
    now = NOW
    for _ in range(10):
        await deliver(merchant, now)
        [found] = await newest(merchant)
        now = found.next_at or now
    assert (found.state, found.reason, found.attempts) == ("failed", "refused", 10)
    assert timedelta(hours=75) < now - NOW < timedelta(hours=92)
    receiver.behaviours = [200]
    async with db.transaction(merchant):
        await log.send_again(found.id, now)
        with pytest.raises(DeliveryUnderWay):
            await log.send_again(found.id, now)
    await deliver(merchant, now)
    [found] = await newest(merchant)
    assert (found.state, found.attempts) == ("delivered", 11)
    assert len({head["webhook-id"] for head in receiver.heads}) == 1


async def test_gone_is_gone_at_once_and_the_owners_hear_of_it(
    merchant: UUID, there: tuple[Receiver, str]
) -> None:
    receiver, url = there
    receiver.behaviours = [410]
    async with db.transaction(merchant):
        password = "a good long password"
        await staff.create("o@example.test", "Olga", "owner", password, NOW, locale="zh-Hant")
        await staff.create("a@example.test", "Adam", "agent", password, NOW)
    made, _ = await add(merchant, url)
    await event(merchant)
    await deliver(merchant)
    found = await endpoint(merchant, made.id)
    assert (found.state, found.reason, found.failed) == ("disabled", "gone", 1)
    async with db.transaction(merchant):
        [mail] = await mails.newest()
        with pytest.raises(EndpointOff):
            await endpoints.test(made.id, NOW)
    assert (mail.to_address, mail.locale, mail.kind) == ("o@example.test", "zh-Hant", "webhook_disabled")
    assert url in mail.body


async def test_after_three_days_of_failing_it_is_switched_off_and_what_was_missed_is_sent_later(
    merchant: UUID, there: tuple[Receiver, str]
) -> None:
    receiver, url = there
    receiver.behaviours = [500]
    made, secret = await add(merchant, url)
    await event(merchant, "first")
    now = NOW
    for _ in range(10):
        await deliver(merchant, now)
        [found] = await newest(merchant)
        now = found.next_at or now
    assert (await endpoint(merchant, made.id)).state == "disabled"
    await event(merchant, "missed", now)
    await deliver(merchant, now)
    missed = (await newest(merchant))[0]
    assert (missed.state, missed.reason, missed.attempts) == ("failed", "endpoint_off", 0)
    receiver.behaviours = [200]
    async with db.transaction(merchant):
        with pytest.raises(EndpointOff):
            await log.replay(made.id, NOW, now)
        again = await endpoints.change(made.id, Wanted(url), now)
        assert (again.state, again.reason, again.failing_since) == ("on", "", None)
        assert await log.replay(made.id, NOW, now) == 2
        assert await log.replay(made.id, NOW, now) == 0
    await deliver(merchant, now)
    assert {each.state for each in await newest(merchant)} == {"delivered"}
    said = {receiver.verified(secret, n)["data"]["message"] for n in (-1, -2)}  # type: ignore[index]
    assert said == {"first", "missed"}


async def test_while_secrets_change_over_both_sign(merchant: UUID, there: tuple[Receiver, str]) -> None:
    receiver, url = there
    made, old = await add(merchant, url)
    async with db.transaction(merchant):
        await endpoints.rotate(made.id, NOW, timedelta(hours=2))
        new = await endpoints.secret(made.id)
    assert new != old
    await event(merchant)
    await deliver(merchant)
    assert len(receiver.heads[0]["webhook-signature"].split()) == 2
    assert receiver.verified(old) == receiver.verified(new)
    with clock.set_clock(lambda: NOW + timedelta(hours=3)):
        request = Request(url, UUID(int=1), "{}", [new])
        assert sending.headers(request, NOW)["webhook-signature"].count("v1,") == 1
    async with db.transaction(merchant):
        await endpoints.rotate(made.id, NOW, timedelta(0))
        assert (await endpoints.find(made.id)).old_until is None
    await event(merchant, "y")
    await deliver(merchant)
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        receiver.verified(new)


@pytest.mark.parametrize(
    ("behaviour", "failure", "status"),
    [
        ("silent", "timeout", None),
        ("hangs_up", "unreachable", None),
        ("http://169.254.169.254/latest", "refused", 302),
        (500, "refused", 500),
        ("endless", None, 200),
    ],
)
async def test_a_receiver_that_misbehaves_costs_one_attempt(
    there: tuple[Receiver, str], behaviour: int | str, failure: str | None, status: int | None
) -> None:
    receiver, url = there
    receiver.behaviours = [behaviour]
    request = Request(url, UUID(int=1), "{}", [SECRET])
    came = await sending.send(request, 1.0 if behaviour == "silent" else 30.0)
    assert (came.failure, came.status) == (failure, status)
    assert len(came.answer.encode()) <= sending.ANSWER_BYTES
    assert len(receiver.bodies) == 1  # nothing follows a redirect
    assert receiver.sent_bytes < 50_000_000  # an endless body is left


async def test_nobody_listening_and_no_name_are_failures_too(there: tuple[Receiver, str]) -> None:
    for url, failure in (
        ("http://127.0.0.1:1/", "unreachable"),
        ("https://10.1.2.3/", "address_refused"),
        ("http://shop.example/", "address_refused"),
    ):
        came = await sending.send(Request(url, UUID(int=1), "{}", [SECRET]), 30.0)
        assert (came.failure, came.status) == (failure, None), url


async def test_who_is_silent_is_left_in_peace_and_holds_nobody_up(
    merchant: UUID, there: tuple[Receiver, str]
) -> None:
    url = there[1]
    made, _ = await add(merchant, "http://127.0.0.1:1/")
    await event(merchant)
    await deliver(merchant, NOW)
    later = NOW + timedelta(minutes=10)
    await deliver(merchant, later)  # it has been silent for ten minutes now
    await event(merchant, "second", later)
    await deliver(merchant, later + timedelta(minutes=1))
    second, _ = await newest(merchant)
    assert (second.attempts, second.state) == (0, "queued")
    assert second.next_at == later + timedelta(minutes=5)
    async with db.transaction(merchant):
        await endpoints.change(made.id, Wanted(url), later)  # another address is asked at once
    await deliver(merchant, later + timedelta(minutes=5))
    assert (await newest(merchant))[0].state == "delivered"


async def test_what_an_endpoint_may_be(merchant: UUID, there: tuple[Receiver, str]) -> None:
    async with db.transaction(merchant):
        for url in ("http://shop.example/x", "https://me:pw@shop.example", "ftp://x", "nonsense"):
            with pytest.raises(AddressRefused):
                await endpoints.add(Wanted(url), NOW)
        with pytest.raises(WebhookTypeUnknown):
            await endpoints.add(Wanted(there[1], ["points.lost"]), NOW)
        made = [await endpoints.add(Wanted(there[1]), NOW) for _ in range(endpoints.LIMIT)]
        with pytest.raises(TooManyEndpoints):
            await endpoints.add(Wanted(there[1]), NOW)
        assert await endpoints.listed(made[4].id, 2) == made[5:7]
        await endpoints.drop(made[0].id, NOW)
        for gone in (endpoints.find, endpoints.secret):
            with pytest.raises(NotFound):
                await gone(made[0].id)
    async with db.transaction(await new_merchant()):
        with pytest.raises(NotFound):
            await endpoints.drop(made[1].id, NOW)
        with pytest.raises(NotFound):
            await endpoints.rotate(made[1].id, NOW)
        assert await endpoints.listed() == []


async def test_what_is_under_way_to_an_endpoint_that_goes_fails(
    merchant: UUID, there: tuple[Receiver, str]
) -> None:
    receiver, url = there
    made, _ = await add(merchant, url)
    await event(merchant)
    async with db.transaction(merchant):
        await endpoints.drop(made.id, NOW)
    await deliver(merchant)
    [found] = await newest(merchant)
    assert (found.state, found.reason) == ("failed", "endpoint_off")
    assert receiver.bodies == []


async def test_old_events_go(merchant: UUID, there: tuple[Receiver, str]) -> None:
    await add(merchant, there[1])
    await event(merchant)
    await deliver(merchant)
    await purge(NOW + timedelta(days=29), 10**9)
    assert len(await newest(merchant)) == 1
    await purge(NOW + timedelta(days=31), 10**9)
    assert await newest(merchant) == []
    async with db.transaction(merchant):
        assert await db.fetchval("SELECT count(*) FROM webhook_attempts") == 0


def test_bodies_are_json_in_one_form() -> None:
    data = catalogue.WebhookTest(message="ü")
    body = catalogue.envelope(catalogue.TEST, data, NOW)
    assert msgspec.json.decode(body)["data"] == {"message": "ü"}
