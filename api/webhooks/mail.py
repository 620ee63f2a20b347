"""Mail in: a mail server hands us what customers answer, signed like every webhook of a merchant."""

import base64
from email.message import EmailMessage
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, post
from litestar.params import FromPath, RawBody

from api.openapi import TAKES, problems
from api.problems import RequestRefused
from core import clock, db
from core.people import webhooks
from reviews.cases.inbound import pictures, service
from reviews.cases.inbound.reading import read

LIMIT_BYTES = 30 * 1024 * 1024
"""Mails bring pictures, some of them large."""


class PostedMail(msgspec.Struct, rename={"sender": "from"}):
    """One mail: `raw_base64` is a whole message (RFC 5322); without it the other fields are what it says.

    Fields that are not named here are ignored, so that a mail provider's form needs no change.
    """

    raw_base64: str = ""
    sender: str = ""
    to: str | list[str] = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    headers: dict[str, str] = {}
    """Message-ID, In-Reply-To, References, Auto-Submitted and so on."""


class MailTaken(msgspec.Struct, frozen=True):
    """What became of it; a mail that is parked or refused is on a page of the inbox. Never send it again."""

    status: Literal["taken", "parked", "refused", "dismissed", "duplicate"]
    reason: str | None = None


MAIL = "From: ada@example.com\nSubject: My order\n\nThank you\n"


@post(
    "/mail/{source_id:uuid}",
    status_code=200,
    tags=["Webhooks"],
    responses=problems(400, 401, 413, 422, 503),
    request_max_body_size=LIMIT_BYTES,
    opt={
        TAKES: {"message/rfc822": MAIL, "application/json": {"from": "ada@example.com", "text": "Thank you"}}
    },
)
async def receive_mail(
    source_id: FromPath[UUID], body: RawBody, request: Request[None, None, Any]
) -> MailTaken:
    """Take a customer's mail into its case.

    The body is the mail itself (RFC 5322, any content type but JSON) or application/json with `raw_base64` or
    the fields of a mail. A mail is known by its Message-ID: the same once more is a duplicate.
    """
    now = clock.now()
    merchant_id = await webhooks.verify(source_id, request.headers, body, now)
    json = request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
    mail = read(_raw(body) if json else body)
    kept = await pictures.made(mail)
    async with db.transaction(merchant_id):
        outcome = await service.receive(mail, now, kept)
    return MailTaken("duplicate" if outcome.again else outcome.state, outcome.reason)


def _raw(body: bytes) -> bytes:
    """The message that JSON says. Raises RequestRefused."""
    try:
        posted = msgspec.json.decode(body, type=PostedMail)
    except msgspec.ValidationError as error:
        raise RequestRefused("invalid_request", "The request is not right", str(error), status=422) from error
    except msgspec.DecodeError as error:
        raise RequestRefused("malformed_json", "The body is not JSON", str(error)) from error
    if posted.raw_base64:
        try:
            return base64.b64decode(posted.raw_base64, validate=True)
        except ValueError as error:  # no base64, or not even ASCII
            raise RequestRefused(
                "invalid_request", "The request is not right", "raw_base64", status=422
            ) from error
    return _composed(posted)


def _composed(posted: PostedMail) -> bytes:
    message = EmailMessage()
    to = posted.to if isinstance(posted.to, str) else ", ".join(posted.to)
    named = {"From": posted.sender, "To": to, "Subject": posted.subject}
    try:
        for name, value in {**posted.headers, **{k: v for k, v in named.items() if v}}.items():
            if name.lower() in ("content-type", "content-transfer-encoding", "mime-version"):
                continue
            del message[name]
            message[name] = " ".join(value.split())
        message.set_content(posted.text)
        if posted.html and not posted.text:
            message.set_content(posted.html, subtype="html")
        return message.as_bytes()
    except (ValueError, IndexError, AttributeError, TypeError, UnicodeError, LookupError) as error:
        raise RequestRefused("invalid_request", "The request is not right", "headers", status=422) from error
