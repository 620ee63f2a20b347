"""Asking for reviews after delivery, the form that a mail opens, and being left alone."""

import re
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from admin import moderation
from api import portal
from api.app import App, create_app
from api.cookies import CUSTOMER_SESSION, STAFF_SESSION
from core import db
from core.embedded import Services
from core.mail import service as mails
from core.mail.service import Mail
from core.mail.smtp import compose
from core.notifications import consent
from core.notifications import settings as notifying
from core.notifications.model import Settings as Notifying
from reviews.invitations import service as invitations
from reviews.invitations.model import Settings
from tests.factories import photos
from tests.http.conftest import Browser, rows
from tests.http.shop import balance, delivered, enter_as_customer, enter_as_staff, form, joined, send
from tests.http.writer import POINTS, Writer, bought, fill_in, judge, open_writer, value

ALWAYS = Settings(active=True, days_after_delivery=7)
NO_NIGHT = Notifying(quiet_from=time(0), quiet_until=time(0))
STATES = "SELECT coalesce(string_agg(state || coalesce(' ' || skip_reason, ''), ',' ORDER BY id), '')"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(portal.router, moderation.router)


@pytest.fixture
async def writer(merchant: UUID) -> Writer:
    """Ada was delivered o1 five days ago; the shop has asked for reviews since twenty days."""
    found = await open_writer(merchant)
    await change(found, ALWAYS, found.shop.ago(20))
    async with db.transaction(merchant):
        await notifying.change(NO_NIGHT, None, found.shop.ago(20))
    return found


async def change(writer: Writer, wanted: Settings, at: datetime) -> None:
    async with db.transaction(writer.merchant):
        await invitations.change(wanted, None, at)


async def sweep(writer: Writer, days: float) -> int:
    """So many days from now."""
    async with db.transaction(writer.merchant):
        return await invitations.sweep(writer.shop.now + timedelta(days=days))


async def end(writer: Writer, customer: str) -> None:
    """They do not want to be asked any more."""
    async with db.transaction(writer.merchant):
        customer_id = await db.fetchval("SELECT id FROM customers WHERE external_id = $1", customer)
        await consent.say(customer_id, {("reviews", "mail"): False}, "shop", writer.shop.now)


async def states(writer: Writer) -> str:
    return str(await value(writer, f"{STATES} FROM review_invitations"))


async def newest(writer: Writer) -> Mail:
    async with db.transaction(writer.merchant):
        return (await mails.newest(1))[0]


def links(mail: Mail) -> dict[int, str]:
    """Paths of the first line's stars."""
    found = re.findall(r"https?://[^/\s]+(/reviews/write\S+stars=(\d))", mail.body)
    return {int(stars): path for path, stars in reversed(found)}


def end_link(mail: Mail) -> str:
    found = re.search(r"https?://[^/\s]+(/messages/unsubscribe\S+)", mail.body)
    assert found
    return found[1]


async def order(writer: Writer, name: str, *told: Any, customer: str = "ada", days_ago: float = 5) -> None:
    """One more order of a lamp and a rug, delivered unless `told` says otherwise."""
    last = told or (delivered(name, writer.shop.ago(days_ago)),)
    await send(writer.shop, bought(customer, name, writer.shop, days_ago + 5), *last)


async def test_whoever_was_delivered_something_is_asked_once_and_reminded_once(writer: Writer) -> None:
    assert await sweep(writer, 1.9) == 0
    assert await states(writer) == "waiting"
    assert await sweep(writer, 2) == 1
    assert await sweep(writer, 2) == 0
    mail = await newest(writer)
    assert (mail.kind, mail.to_address, mail.subject) == (
        "review_invitation", "ada@example.test", "How was your order at Main?",
    )  # fmt: skip
    assert "Lamp" in mail.body and "Rug" in mail.body and mail.html.count("★</a>") == 10
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    sent = compose(mail, "Shop <shop@example.test>")
    assert "/webhooks/unsubscribe?token=" in sent["List-Unsubscribe"]
    assert [each.get_content_type() for each in sent.iter_parts()] == ["text/plain", "text/html"]
    assert await sweep(writer, 8.9) == 0
    assert await sweep(writer, 9) == 1
    assert (await newest(writer)).kind == "review_reminder"
    assert await sweep(writer, 30) == 0
    assert await states(writer) == "sent"


@pytest.mark.parametrize(
    ("locale", "said"), [("zh-Hans", "您在Main的订单怎么样？"), ("zh-Hant", "您在Main的訂單怎麼樣？")]
)
async def test_in_the_customers_language(writer: Writer, locale: str, said: str) -> None:
    await send(
        writer.shop, ("customer.updated", writer.shop.ago(1), {"customer_id": "ada", "locale": locale})
    )
    await sweep(writer, 2)
    mail = await newest(writer)
    assert (mail.subject, mail.locale) == (said, locale)


async def test_only_what_was_never_delivered_is_left_out(writer: Writer) -> None:
    shop = writer.shop

    def back(order: str, days: float, *lines: str) -> Any:
        amounts = {each: {"1": 3000, "2": 7000}[each] for each in lines}
        money = [{"line_id": each, "amount_minor": amount} for each, amount in amounts.items()]
        data = {"order_id": order, "refund_id": "r", "amount_minor": sum(amounts.values())}
        return "order.refunded", shop.ago(days), data | {"lines": money}

    def cancelled(order: str, days: float) -> Any:
        return "order.cancelled", shop.ago(days), {"order_id": order}

    for customer in ("b", "c", "d", "e", "f"):
        await send(shop, joined(customer, shop.ago(60), customer))
    await order(writer, "paid back after", delivered("paid back after", shop.ago(5)),
                back("paid back after", 4, "1", "2"), customer="b")  # fmt: skip
    await order(writer, "one line never sent", back("one line never sent", 6, "1"),
                delivered("one line never sent", shop.ago(5)), customer="c")  # fmt: skip
    await order(writer, "called off, sent anew", cancelled("called off, sent anew", 7),
                back("called off, sent anew", 7, "1", "2"),
                delivered("called off, sent anew", shop.ago(5)), customer="d")  # fmt: skip
    await order(writer, "cancelled after", delivered("cancelled after", shop.ago(5)),
                cancelled("cancelled after", 4), customer="e")  # fmt: skip
    await order(writer, "never sent", cancelled("never sent", 6), customer="f")
    assert await sweep(writer, 2) == 5
    async with db.transaction(writer.merchant):
        sent = {each.to_address[0]: each.body for each in await mails.newest(10)}
    assert {name: ("Lamp" in body, "Rug" in body) for name, body in sent.items()} == {
        "a": (True, True), "b": (True, True), "c": (False, True), "d": (True, True), "e": (True, True),
    }  # fmt: skip


async def test_who_does_not_want_it_or_was_asked_lately_is_left_out_with_the_reason(writer: Writer) -> None:
    shop = writer.shop
    await order(writer, "o2", days_ago=4)
    await send(shop, joined("bob", shop.ago(60), "Bob"))
    await send(shop, ("customer.created", shop.ago(60), {"customer_id": "cat", "name": "Cat"}))
    await order(writer, "o3", customer="bob")
    await order(writer, "o4", customer="cat")
    await end(writer, "bob")
    assert await sweep(writer, 3) == 1
    async with db.transaction(writer.merchant):
        found = await invitations.coverage(shop.ago(30), shop.now)
    assert found.skipped == {"cooldown": 1, "no_address": 1, "opted_out": 1}
    assert (found.delivered, found.sent, found.waiting, found.unasked) == (4, 1, 0, 0)


async def test_quiet_hours_put_it_off(writer: Writer) -> None:
    at = writer.shop.now.time()
    later = (writer.shop.now + timedelta(hours=2)).time()
    night = Notifying(quiet_from=at.replace(microsecond=0), quiet_until=later.replace(microsecond=0))
    async with db.transaction(writer.merchant):
        await notifying.change(night, None, writer.shop.ago(19))
    assert await sweep(writer, 2.02) == 0
    due = await value(writer, "SELECT due_at FROM review_invitations")
    assert timedelta(days=2, hours=1) < due - writer.shop.now <= timedelta(days=2, hours=2)
    assert await sweep(writer, 2.1) == 1


async def test_nothing_is_asked_while_it_is_off_nor_for_what_came_long_before(writer: Writer) -> None:
    await order(writer, "old", days_ago=100)
    await change(writer, Settings(active=False), writer.shop.ago(1))
    assert await sweep(writer, 2) == 0
    assert await rows(writer.merchant, "review_invitations") == 0
    await change(writer, ALWAYS, writer.shop.now)
    assert await sweep(writer, 2) == 1
    assert await states(writer) == "sent"


async def test_a_click_in_the_mail_opens_the_form_and_nobody_has_to_sign_in(
    browser: Browser, writer: Writer
) -> None:
    await sweep(writer, 2)
    path = links(await newest(writer))[3]
    page = (await browser.get(path)).text
    assert re.search(r'name="stars" value="3" checked', page)
    assert "Sign out" not in page and "Lamp" in page
    assert await rows(writer.merchant, "reviews") == 0
    answer = await fill_in(browser, path, (photos.image(),), stars="3", text="Fair enough.")
    assert answer.status_code == 303, answer.text
    thanks = (await browser.get(answer.headers["location"])).text
    assert "And the rest of your order?" in thanks and "Rug" in thanks
    await judge(writer)
    kept = await value(writer, "SELECT string_agg(convert_from(body, 'UTF8'), ' ') FROM idempotency_keys")
    assert "token" not in kept  # links are kept as digests alone
    found = await value(
        writer, "SELECT solicited || ' ' || verified || ' ' || published || ' ' || incentivised FROM reviews"
    )
    assert found == "true true true true"
    answers = "SELECT count(*) FROM reviews r JOIN review_invitations i ON i.id = r.invitation_id"
    assert await value(writer, f"{answers} AND i.answered_at IS NOT NULL") == 1
    assert (await browser.get(path)).headers["location"].startswith("/reviews/thanks?")
    # The rug is still open: the reminder is about that alone.
    await sweep(writer, 9)
    reminder = await newest(writer)
    assert reminder.kind == "review_reminder" and "Rug" in reminder.body and "Lamp" not in reminder.body


async def test_whoever_has_written_of_everything_gets_no_reminder(browser: Browser, writer: Writer) -> None:
    await sweep(writer, 2)
    mail = await newest(writer)
    path = links(mail)[5]
    await fill_in(browser, path)
    await fill_in(browser, re.sub("line=1", "line=2", path))
    await judge(writer)
    assert await sweep(writer, 9) == 0
    assert await states(writer) == "sent"


async def test_a_link_is_for_one_order_one_purpose_and_some_time(browser: Browser, writer: Writer) -> None:
    await order(writer, "o2", days_ago=4)
    await sweep(writer, 2)
    mail = await newest(writer)
    write, end = links(mail)[5], end_link(mail)
    token = re.search(r"token=([^&]+)", write)
    assert token and token[1] not in str(
        await value(writer, "SELECT string_agg(l::text, '') FROM review_invitation_links l")
    )
    crossed = write.replace(token[1], end.partition("token=")[2])
    for path in (
        crossed,
        "/reviews/write?token=x",
        "/reviews/write",
        "/messages/unsubscribe?token=" + token[1],
    ):
        page = await browser.get(path)
        assert page.status_code == 404 and "This link has ended" in page.text
    # A line that is not of its order opens the first of its own.
    assert "Lamp" in (await browser.get(write.replace("line=1", "line=elsewhere"))).text
    async with db.transaction(writer.merchant):
        await invitations.sweep(writer.shop.now + timedelta(days=2 + 61))
    assert (await browser.get(write)).status_code == 404


async def test_one_click_ends_the_mails_and_a_page_brings_them_back(
    browser: Browser, client: httpx.AsyncClient, writer: Writer
) -> None:
    await sweep(writer, 2)
    mail = await newest(writer)
    header = re.search(r"<https?://[^/]+(/webhooks[^>]+)>", mail.headers["List-Unsubscribe"])
    assert header
    body = {"List-Unsubscribe": "One-Click"}
    for _ in range(2):
        answer = await client.post(header[1], data=body)
        assert answer.status_code == 200, answer.text
    assert await rows(writer.merchant, "notification_choices") == 1
    assert await sweep(writer, 9) == 0  # no reminder either
    assert (await client.post("/webhooks/unsubscribe?token=x", data=body)).status_code == 404
    assert (await client.get(header[1])).headers["location"].startswith("/messages/unsubscribe?token=")

    path = end_link(mail)
    action = path.replace("&", "&amp;")
    page = (await browser.get(path)).text
    assert "Shall Shop stop writing to you about this?" in page
    answer = await browser.client.post(path, data=form(page, action))
    done = await browser.get(answer.headers["location"])
    assert "does not write to you about this any more" in done.text
    answer = await browser.client.post(path, data=form(done.text, action))
    assert "writes to you about this again" in (await browser.get(answer.headers["location"])).text
    said = "SELECT string_agg(via || ' ' || wanted, ', ' ORDER BY id) FROM notification_choices"
    assert await value(writer, said) == "one_click false, link true"


async def test_whoever_was_merged_into_somebody_is_asked_as_that_one(
    browser: Browser, writer: Writer
) -> None:
    shop = writer.shop
    await sweep(writer, 2)
    path = links(await newest(writer))[4]
    await send(shop, joined("bob", shop.ago(60), "Bob"))
    merged = {"customer_id": "ada", "into_customer_id": "bob"}
    await send(shop, ("customer.merged", shop.now, merged))
    active, pending = await balance(shop, "bob")
    await fill_in(browser, path)
    await judge(writer)
    author = (
        "SELECT c.external_id || ' ' || r.verified FROM reviews r JOIN customers c ON c.id = r.customer_id"
    )
    assert await value(writer, author) == "bob true"
    assert (await browser.get(path)).headers["location"].startswith("/reviews/thanks?")
    assert await balance(shop, "bob") == (active + POINTS, pending)
    # The rug is still open: bob is reminded, until somebody who is he by now has had enough.
    await end(writer, "ada")
    assert await sweep(writer, 9) == 0
    assert await value(writer, "SELECT due_at IS NULL FROM review_invitations")


async def test_an_erased_customers_link_opens_nothing(browser: Browser, writer: Writer) -> None:
    await sweep(writer, 2)
    path = links(await newest(writer))[5]
    await send(writer.shop, ("customer.deleted", writer.shop.now, {"customer_id": "ada"}))
    assert (await browser.get(path)).status_code == 404
    assert await sweep(writer, 9) == 0


async def test_staff_set_how_it_asks_and_see_whom(browser: Browser, writer: Writer) -> None:
    await sweep(writer, 2)
    path = "/staff/moderation/requests"
    await enter_as_staff(browser, writer.merchant, "community_manager")
    page = (await browser.get(path)).text
    assert "Nobody can be picked or left out" in page and 'value="7"' in page
    fields = form(page, path) | {
        "days_after_delivery": "3", "reminder_after_days": "0", "cooldown_days": "30", "valid_days": "10",
        "active": "1",
    }  # fmt: skip
    wrong = await browser.client.post(path, data=fields | {"cooldown_days": "-1", "idempotency_key": "w"})
    assert wrong.status_code == 422 and "Something does not fit" in wrong.text
    answer = await browser.client.post(path, data=fields)
    assert answer.headers["location"] == f"{path}?notice=saved"
    async with db.transaction(writer.merchant):
        now = await invitations.settings()
    assert (now.days_after_delivery, now.reminder_after_days, now.valid_days) == (3, 0, 10)
    assert await value(writer, "SELECT count(changed_by) FROM review_invitation_settings") == 1
    await enter_as_staff(browser, writer.merchant, "auditor")
    denied = await browser.client.post(path, data=fields | {"csrf_token": await browser.token(path)})
    assert denied.status_code == 403
    assert await value(writer, "SELECT count(*) FROM review_invitation_settings") == 2
    await enter_as_customer(browser, writer.shop, "ada")
    assert (await browser.get(path)).status_code == 200, "the auditor's session is beside the customer's"
    browser.client.cookies.delete(STAFF_SESSION)
    assert (await browser.get(path)).headers["location"].startswith("/staff/sign-in")
    browser.client.cookies.set(STAFF_SESSION, browser.client.cookies[CUSTOMER_SESSION])
    assert (await browser.get(path)).headers["location"].startswith("/staff/sign-in"), "whatever its name"


async def test_what_is_written_a_second_time_by_the_link_is_not_thanked_for(
    browser: Browser, writer: Writer
) -> None:
    await sweep(writer, 2)
    path = links(await newest(writer))[3].removesuffix("&stars=3")
    action = path.replace("&", "&amp;")
    fields = form((await browser.get(path)).text, action) | {"stars": "1", "text": "From another window."}
    await fill_in(browser, path, text="The first.")
    empty = [("photos", ("", b"", "application/octet-stream"))]
    answer = await browser.client.post(path, data=fields, files=empty)
    assert answer.status_code == 409
    assert "You have written about this already" in answer.text and "From another window." in answer.text
    assert f'href="/portal/reviews/{await value(writer, "SELECT id FROM reviews")}/edit"' in answer.text
    assert "The first." not in answer.text, "what stands is for its author alone"
    assert await value(writer, "SELECT string_agg(body, '|') FROM review_versions") == "The first."
