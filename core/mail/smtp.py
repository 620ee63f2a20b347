"""Hand one mail to a mail server, with the standard library; this blocks."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Self
from urllib.parse import unquote, urlsplit

from core.errors import DomainError, Kind
from core.mail.service import Mail

TIMEOUT_S = 20.0
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class MailRefused(DomainError):
    """The mail server will never take this mail, or it cannot be written as one."""

    code = "mail_refused"
    kind = Kind.INVALID
    title = "The mail was refused"


@dataclass(frozen=True)
class Server:
    """Where mails go. A password is only ever sent inside of TLS."""

    scheme: str
    host: str
    port: int
    user: str
    password: str

    @classmethod
    def from_url(cls, url: str) -> Self:
        """`smtp://host:port` without TLS, `smtp+starttls://…`, `smtps://…`; each with `user:password@`.

        Raises ValueError for any other scheme.
        """
        parts = urlsplit(url)
        if parts.scheme not in PORTS:
            raise ValueError(f"the scheme of smtp_url is none of {sorted(PORTS)}")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        scheme = "smtp+starttls" if parts.scheme == "smtp" and user else parts.scheme
        return cls(scheme, parts.hostname or "localhost", parts.port or PORTS[scheme], user, password)

    def connect(self) -> smtplib.SMTP:
        """An open connection, signed in. Raises OSError, smtplib.SMTPException."""
        context = ssl.create_default_context()
        if self.scheme == "smtps":
            client: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context)
        else:
            client = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        try:
            if self.scheme == "smtp+starttls":
                client.starttls(context=context)
            if self.user:
                client.login(self.user, self.password)
        except BaseException:
            client.close()
            raise
        return client


def compose(mail: Mail, from_address: str) -> EmailMessage:
    """The message; its Message-ID follows from the mail's id, so a repeated one can be recognised.

    Raises MailRefused when an address or the text cannot stand in a mail.
    """
    message = EmailMessage()
    try:
        message["From"] = from_address
        message["To"] = mail.to_address
        message["Subject"] = " ".join(mail.subject.split())
        message["Date"] = format_datetime(mail.created_at)
        message["Message-ID"] = f"<{mail.id}@{parseaddr(from_address)[1].partition('@')[2] or 'localhost'}>"
        message["Content-Language"] = mail.locale
        message["Auto-Submitted"] = "auto-generated"
        for name, value in mail.headers.items():
            message[name] = value
        message.set_content(mail.body)
        if mail.html:
            message.add_alternative(mail.html, subtype="html")
    except ValueError as error:
        raise MailRefused(str(error)) from error
    return message


def deliver(mail: Mail, url: str, from_address: str) -> None:
    """Hand the mail to the server of `url`.

    Raises MailRefused for what will never be taken; OSError (smtplib's errors are such) for what may be
    later.
    """
    message = compose(mail, from_address)
    client = Server.from_url(url).connect()
    try:
        client.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        _refuse(*next(iter(error.recipients.values())), error)
    except smtplib.SMTPResponseException as error:
        _refuse(error.smtp_code, error.smtp_error, error)
    finally:
        _leave(client)


def _refuse(code: int, text: bytes | str, error: smtplib.SMTPException) -> None:
    """A reply of 5xx is for ever, one of 4xx is for now."""
    if code < 500:
        raise error
    raise MailRefused(
        f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
    ) from error


def _leave(client: smtplib.SMTP) -> None:
    """Say good-bye; the mail is taken or refused whether or not the server hears it."""
    try:
        client.quit()
    except (OSError, smtplib.SMTPException):
        client.close()
