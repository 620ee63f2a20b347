"""Outgoing mails and parked work over HTTP with the real database."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from api.app import App
from core import clock, db, outbox
from core.embedded import Services
from core.ids import new_id
from core.mail import service as mail
from core.outbox import parked
from core.settings import settings
from tests.conftest import new_merchant
from tests.http.conftest import PAGE, Browser
from tests.http.shop import (
    enter_as_customer,
    enter_as_staff,
    form,
    member_with,
    open_shop,
    pages_app,
    speak,
)


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return pages_app()


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A mail server is set; nobody sends to it here."""
    monkeypatch.setenv("REGULARS_SMTP_URL", "smtp://127.0.0.1:9")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


async def write(
    merchant: UUID, subject: str, kind: str = "case_reply", body: str = "Hello\nhttp://shop.test/x"
) -> UUID:
    async with db.transaction(merchant):
        return await mail.send(kind, "ada@example.test", "zh-Hans", subject, body, clock.now())


async def park(merchant: UUID, topic: str = "mail.send", mail_id: UUID | None = None) -> UUID:
    """A piece of work that failed too often."""
    now = clock.now()
    async with db.transaction(merchant):
        await outbox.add(topic, {"mail_id": mail_id or new_id()}, now - timedelta(hours=2))
        row: UUID = await db.fetchval(
            "UPDATE outbox SET parked_at = $1, attempts = 8, last_error = 'OSError: <refused>'"
            " WHERE topic = $2 AND parked_at IS NULL RETURNING id",
            now,
            topic,
        )
    return row


async def waiting(merchant: UUID) -> list[UUID]:
    async with db.transaction(merchant):
        return [item.id for item in await parked.newest()]


# --- mails ----------------------------------------------------------------------------------------


async def test_mails_are_listed_and_read_in_every_language(browser: Browser, merchant: UUID) -> None:
    await write(merchant, "The first")
    mail_id = await write(merchant, "The <second>")
    await enter_as_staff(browser, merchant, "owner")
    for locale, kept in (("en", "Kept here"), ("zh-Hans", "无邮件服务器"), ("zh-Hant", "郵件伺服器")):
        speak(browser, locale)
        page = await browser.get("/staff/mails")
        assert page.status_code == 200
        assert kept in page.text
        assert page.text.index("The &lt;second&gt;") < page.text.index("The first")
        one = await browser.get(f"/staff/mails/{mail_id}")
        assert one.status_code == 200
        assert '<a href="http://shop.test/x"' in one.text
        assert "ada@example.test" in one.text
    assert (await browser.get(f"/staff/mails/{new_id()}")).status_code == 404


async def test_mails_of_other_merchants_are_not_there(browser: Browser, merchant: UUID) -> None:
    mail_id = await write(await new_merchant(), "Elsewhere")
    await enter_as_staff(browser, merchant, "owner")
    assert "Elsewhere" not in (await browser.get("/staff/mails")).text
    assert (await browser.get(f"/staff/mails/{mail_id}")).status_code == 404


async def test_a_mail_is_queued_failed_or_sent(browser: Browser, merchant: UUID, mail_server: None) -> None:
    mail_id = await write(merchant, "On its way")
    await enter_as_staff(browser, merchant, "owner")
    path = f"/staff/mails/{mail_id}"
    assert "Waiting to be sent" in (await browser.get(path)).text
    async with db.transaction(merchant):
        await db.execute("UPDATE outbox SET parked_at = $1, last_error = 'refused'", clock.now())
    assert "Not delivered" in (await browser.get(path)).text
    assert "Not delivered" in (await browser.get("/staff/mails")).text
    async with db.transaction(merchant):
        await db.execute("UPDATE mails SET sent_at = $1", clock.now())
    assert "Not delivered" not in (await browser.get(path)).text


async def test_with_a_mail_server_nobody_reads_sign_in_links_here(
    browser: Browser, merchant: UUID, mail_server: None
) -> None:
    mail_id = await write(merchant, "Sign in", "login_link", "http://shop.test/portal/enter?token=secret")
    await enter_as_staff(browser, merchant, "community_manager")
    assert "token=secret" not in (await browser.get(f"/staff/mails/{mail_id}")).text


async def test_without_one_this_page_is_where_they_are_read(browser: Browser, merchant: UUID) -> None:
    mail_id = await write(merchant, "Sign in", "login_link", "http://shop.test/portal/enter?token=secret")
    await enter_as_staff(browser, merchant, "owner")
    assert "token=secret" in (await browser.get(f"/staff/mails/{mail_id}")).text


# --- parked work ----------------------------------------------------------------------------------


async def test_parked_work_is_shown_in_every_language(browser: Browser, merchant: UUID) -> None:
    await enter_as_staff(browser, merchant, "owner")
    assert "Nothing is parked" in (await browser.get("/staff/parked")).text
    await park(merchant)
    for locale in ("en", "zh-Hans", "zh-Hant"):
        speak(browser, locale)
        page = await browser.get("/staff/parked")
        assert page.status_code == 200
        assert "OSError: &lt;refused&gt;" in page.text
        assert "8" in page.text


async def test_one_form_sends_parked_work_again_once(browser: Browser, merchant: UUID) -> None:
    row = await park(merchant)
    await enter_as_staff(browser, merchant, "owner")
    action = f"/staff/parked/{row}/retry"
    data = form((await browser.get("/staff/parked")).text, action)
    first = await browser.client.post(action, data=data, headers=PAGE)
    assert first.headers["location"] == "/staff/parked?notice=retried"
    assert await waiting(merchant) == []
    async with db.transaction(merchant):
        assert await db.fetchval("SELECT attempts FROM outbox WHERE id = $1", row) == 0
        # It fails again; the old form, sent once more, does not set it off.
        await db.execute("UPDATE outbox SET parked_at = $1 WHERE id = $2", clock.now(), row)
    again = await browser.client.post(action, data=data, headers=PAGE)
    assert again.headers["location"] == first.headers["location"]
    assert await waiting(merchant) == [row]
    assert "It is on its way again." in (await browser.get("/staff/parked?notice=retried")).text


async def test_work_that_is_not_parked_cannot_be_retried(browser: Browser, merchant: UUID) -> None:
    row = await park(merchant)
    elsewhere = await park(await new_merchant())
    await enter_as_staff(browser, merchant, "owner")
    data = form((await browser.get("/staff/parked")).text, f"/staff/parked/{row}/retry")
    for each in (new_id(), elsewhere):
        answer = await browser.client.post(
            f"/staff/parked/{each}/retry", data=data | {"idempotency_key": str(new_id())}, headers=PAGE
        )
        assert answer.status_code == 404
    assert await waiting(merchant) == [row]


# --- who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["owner", "marketer", "community_manager", "agent", "auditor"])
async def test_roles_see_and_do_what_they_may(browser: Browser, merchant: UUID, role: str) -> None:
    mail_id, row = await write(merchant, "A mail"), await park(merchant, "reviews.score")
    await enter_as_staff(browser, merchant, role)
    reads_mail = role in ("owner", "community_manager")
    for path in ("/staff/mails", f"/staff/mails/{mail_id}"):
        page = await browser.get(path)
        assert page.status_code == (200 if reads_mail else 403)
        assert ("ada@example.test" in page.text) == reads_mail
    page = await browser.get("/staff/parked")
    assert page.status_code == (200 if role in ("owner", "auditor") else 403)
    assert (f"/staff/parked/{row}/retry" in page.text) == (role == "owner")
    token = form(page.text, "/language")["csrf_token"]
    data = {"csrf_token": token, "idempotency_key": str(new_id())}
    answer = await browser.client.post(f"/staff/parked/{row}/retry", data=data, headers=PAGE)
    assert answer.status_code == (303 if role == "owner" else 403)
    assert await waiting(merchant) == ([] if role == "owner" else [row])


async def test_nobody_and_customers_are_sent_to_the_sign_in(browser: Browser, merchant: UUID) -> None:
    shop = await open_shop(merchant)
    customer = await member_with(shop, 10)
    for _ in range(2):
        for path in ("/staff/mails", "/staff/parked"):
            answer = await browser.get(path)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/staff/sign-in")
        await enter_as_customer(browser, shop, customer)
