"""Mails in by the signed webhook, and the page of those that no case took in."""

import base64
import hashlib
import hmac
import os
import subprocess
import sys
from email.message import EmailMessage
from uuid import UUID

import httpx
import msgspec
import pytest

from api.app import App
from core import clock, db
from core.embedded import Services
from core.i18n import LOCALES
from core.people import webhooks
from tests.factories.photos import image
from tests.http.conftest import Browser, rows
from tests.http.desk import (
    MESSAGE_DUE,
    Desk,
    act,
    case_path,
    case_row,
    desk_app,
    enter,
    hire,
    open_case,
    state,
    value,
    work_off,
)
from tests.http.shop import enter_as_customer, form, member_with, speak
from tests.http.test_errors import problem

PAGE = "/staff/inbox/mail"
SETTINGS = "/staff/inbox/settings/contact"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return desk_app()


@pytest.fixture
async def source(merchant: UUID) -> webhooks.Source:
    async with db.transaction(merchant):
        return await webhooks.create("mail server", clock.now())


async def post(
    client: httpx.AsyncClient,
    source: webhooks.Source,
    body: bytes,
    kind: str = "message/rfc822",
    spoil: str = "",
    to: str = "mail",
) -> httpx.Response:
    """As a mail server does that has curl and openssl."""
    at = str(int(clock.now().timestamp()))
    key = base64.b64decode(source.secret.removeprefix("whsec_"))
    signature = hmac.new(key, f"m1.{at}.{spoil}".encode() + body, hashlib.sha256).digest()
    headers = {
        "webhook-id": "m1",
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
        "content-type": kind,
    }
    return await client.post(f"/webhooks/{to}/{source.id}", content=body, headers=headers)


async def case_with_address(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> tuple[str, dict[str, str]]:
    """A case of ada's to which she was written, and the headers of that mail."""
    case = await open_case(client, desk)
    await enter(browser, desk.merchant, await hire(desk.merchant, "owner"))
    shown = (await browser.get(SETTINGS)).text
    refused = await browser.post(SETTINGS, form(shown, SETTINGS) | {"reply_address": "a+b@c"})
    assert refused.status_code == 422 and "Check the address" in refused.text
    saved = await browser.post(SETTINGS, form(shown, SETTINGS) | {"reply_address": "care@shop.test"})
    assert saved.status_code == 303, saved.text
    assert "care@shop.test" in (await browser.get(SETTINGS)).text
    assert (await act(browser, case, "message", text="What is broken?")).status_code == 303
    await work_off(desk.merchant, MESSAGE_DUE)
    headers = await value(desk.merchant, "SELECT headers FROM mails WHERE kind = 'case_message'")
    return case, msgspec.json.decode(headers)


async def test_a_picture_is_seen_by_staff_and_by_its_customer_alone(
    browser: Browser, client: httpx.AsyncClient, desk: Desk, source: webhooks.Source
) -> None:
    case, headers = await case_with_address(browser, client, desk)
    mail = EmailMessage()
    mail["From"], mail["To"] = f"{desk.ada}@example.test", headers["Reply-To"]
    mail.set_content("Look at the seam.")
    mail.add_attachment(image(300, 200), maintype="image", subtype="jpeg", filename="seam.jpg")
    assert (await post(client, source, mail.as_bytes())).json()["status"] == "taken"
    picture = f"/media/cases/{await value(desk.merchant, 'SELECT id FROM case_pictures')}"
    page = (await browser.get(case_path(case))).text
    assert f'src="{picture}/small"' in page and "seam.jpg" not in page
    for path in (picture, f"{picture}/small"):
        shown = await browser.get(path)
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
        assert shown.headers["cache-control"] == "private, no-store"
        assert (await client.get(path)).status_code == 404
    browser.client.cookies.clear()
    await enter_as_customer(browser, desk.shop, desk.ada)
    assert f'href="{picture}"' in (await browser.get(f"/portal/cases/{case}")).text
    assert (await browser.get(picture)).status_code == 200
    await enter_as_customer(browser, desk.shop, await member_with(desk.shop, 0))
    assert (await browser.get(picture)).status_code == 404


async def test_a_mail_becomes_a_message(
    browser: Browser, client: httpx.AsyncClient, desk: Desk, source: webhooks.Source
) -> None:
    case, headers = await case_with_address(browser, client, desk)
    raw = (
        f"From: {desk.ada}@example.test\nTo: {headers['Reply-To']}\nMessage-ID: <1@x.test>\n"
        "Content-Type: text/plain; charset=iso-8859-1\n\nDer Knopf f\xfcr das Licht.\n> alt\n"
    ).encode("latin-1")
    problem(await post(client, source, raw, spoil="x"), 401, "webhook_signature_invalid")
    assert await rows(desk.merchant, "case_inbound_mails") == 0
    answers = [await post(client, source, raw) for _ in range(2)]
    assert [each.json()["status"] for each in answers] == ["taken", "duplicate"], answers[0].text
    assert (await case_row(desk.merchant, case))["state"] == "waiting_for_us"
    assert "Der Knopf für das Licht." in (await browser.get(case_path(case))).text
    await enter_as_customer(browser, desk.shop, desk.ada)
    mine = (await browser.get(f"/portal/cases/{case}")).text
    assert "Der Knopf für das Licht." in mine and "&gt; alt" not in mine


@pytest.mark.parametrize("whole", [True, False])
async def test_a_mail_as_json(
    browser: Browser, client: httpx.AsyncClient, desk: Desk, source: webhooks.Source, whole: bool
) -> None:
    case, headers = await case_with_address(browser, client, desk)
    sender, key = f"{desk.ada}@example.test", "<2@x.test>"
    raw = f"From: {sender}\nTo: {headers['Reply-To']}\nMessage-ID: {key}\n\nThe switch.".encode()
    fields = {
        "from": sender,
        "to": [headers["Reply-To"]],
        "text": "The switch.",
        "headers": {"Message-ID": key},
    }
    body = {"raw_base64": base64.b64encode(raw).decode()} if whole else fields | {"provider": "ignored"}
    answer = await post(client, source, msgspec.json.encode(body), "application/json; charset=utf-8")
    assert answer.json() == {"status": "taken", "reason": None}, answer.text
    said = "SELECT body FROM case_messages WHERE case_id = $1 AND channel = 'mail'"
    assert await value(desk.merchant, said, UUID(case)) == "The switch."


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed_json"),
        (b'{"raw_base64": "*"}', 422, "invalid_request"),
        ('{"raw_base64": "aGk\u00e9"}'.encode(), 422, "invalid_request"),
        (b'{"from": 1}', 422, "invalid_request"),
    ],
)
async def test_what_is_no_mail(
    client: httpx.AsyncClient, merchant: UUID, source: webhooks.Source, body: bytes, status: int, code: str
) -> None:
    problem(await post(client, source, body, "application/json"), status, code)
    assert await rows(merchant, "case_inbound_mails") == 0


async def test_a_person_decides_on_what_was_parked(
    browser: Browser, client: httpx.AsyncClient, desk: Desk, source: webhooks.Source
) -> None:
    case, headers = await case_with_address(browser, client, desk)
    for number in (1, 2):
        head = f"From: eve@x.test\nTo: {headers['Reply-To']}\nMessage-ID: <{number}@x>\nSubject: S{number}"
        raw = f"{head}\n\n<b>W{number}"
        assert (await post(client, source, raw.encode())).json()["reason"] == "other_sender"
    assert "S1" not in (await browser.get(case_path(case))).text
    for locale in LOCALES:
        speak(browser, locale)
        page = await browser.get(PAGE)
        assert page.status_code == 200 and "&lt;b&gt;W1" in page.text
    speak(browser, "en")
    inbox = (await browser.get("/staff/inbox")).text
    assert "2 mails wait for a person" in inbox
    one, two = await _ids(desk.merchant)
    wrong = form(page.text, f"{PAGE}/{one}/put") | {"number": "999"}
    answer = await browser.post(f"{PAGE}/{one}/put", wrong)
    assert answer.status_code == 404 and "There is no case with this number." in answer.text
    fields = form(page.text, f"{PAGE}/{one}/put") | {"number": "1", "idempotency_key": "put-1"}
    answers = [await browser.post(f"{PAGE}/{one}/put", fields) for _ in range(2)]
    assert [each.headers["location"] for each in answers] == [case_path(case)] * 2
    gone = await browser.post(f"{PAGE}/{two}/dismiss", form(page.text, f"{PAGE}/{two}/dismiss"))
    assert gone.status_code == 303
    assert "S2" in (await browser.get(f"{PAGE}?view=dismissed")).text
    again = await browser.post(f"{PAGE}/{two}/put", fields | {"idempotency_key": "put-2"})
    assert again.status_code == 409 and "decided already" in again.text
    said = "SELECT array_agg(body) FROM case_messages WHERE channel = 'mail'"
    assert await value(desk.merchant, said) == ["<b>W1"]


async def test_who_may_only_look_decides_nothing(
    browser: Browser, client: httpx.AsyncClient, desk: Desk, source: webhooks.Source
) -> None:
    await post(client, source, b"From: Eve <eve@x.test>\nMessage-ID: <1@x>\n\nHello")
    [mail] = await _ids(desk.merchant)
    await enter(browser, desk.merchant, await hire(desk.merchant, "auditor"))
    before = await state(desk.merchant)
    page = (await browser.get(PAGE)).text
    assert "Eve" in page and "eve@x.test" not in page and f"{PAGE}/{mail}/put" not in page
    assert (await browser.post(f"{PAGE}/{mail}/put", {"idempotency_key": "k"})).status_code == 403
    assert (await browser.post(f"{PAGE}/{mail}/dismiss", {"idempotency_key": "k"})).status_code == 403
    assert (await browser.post(SETTINGS, {"idempotency_key": "k", "reply_address": ""})).status_code == 403
    assert await state(desk.merchant) == before
    assert await value(desk.merchant, "SELECT state FROM case_inbound_mails") == "parked"


async def _ids(merchant: UUID) -> list[UUID]:
    async with db.transaction(merchant):
        return [row["id"] for row in await db.fetch("SELECT id FROM case_inbound_mails ORDER BY id")]


async def test_what_another_system_heard(
    client: httpx.AsyncClient, desk: Desk, source: webhooks.Source
) -> None:
    """message.received: into the customer's case with that number, their open case, or a new one; once."""

    async def tell(**data: object) -> httpx.Response:
        event = {"id": data.pop("id"), "source": "phone", "type": "message.received"}
        body = event | {"time": "2026-01-02T03:04:05Z", "data": data}
        return await post(client, source, msgspec.json.encode(body), "application/json", to="in")

    answers = [await tell(id="1", customer_id=desk.ada, text="Where is it?") for _ in range(2)]
    assert [each.json()["status"] for each in answers] == ["applied", "duplicate"], answers[0].text
    assert (await tell(id="2", customer_id=desk.ada, text="Number one.", case=1)).status_code == 200
    problem(await tell(id="3", customer_id=desk.ada, text="x", case=2), 404, "not_found")
    problem(await tell(id="4", customer_id="nobody", text="x"), 409, "case_customer_gone")
    problem(await tell(id="5", customer_id=desk.ada, text=""), 422, "event_data_invalid")
    said = "SELECT array_agg(body ORDER BY id) FROM case_messages WHERE channel = 'chat'"
    assert await value(desk.merchant, said) == ["Where is it?", "Number one."]
    assert await rows(desk.merchant, "cases") == 1


async def test_a_pipe_on_the_same_machine(merchant: UUID) -> None:
    """As `postfix` hands a mail to `regulars merchant inbound-mail CODE`, in any encoding."""
    code = await value(merchant, "SELECT code FROM merchants")
    raw = "From: Eve <eve@x.test>\nMessage-ID: <p@x>\n\nGrüße\n".encode("latin-1")
    assert [_pipe(code, raw), _pipe(code, raw)] == ["parked no_case", "duplicate"]
    assert await rows(merchant, "case_inbound_mails") == 1


def _pipe(code: str, raw: bytes) -> str:
    command = [sys.executable, "-m", "admin.cli", "merchant", "inbound-mail", code]
    done = subprocess.run(command, env=os.environ, input=raw, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().strip()
