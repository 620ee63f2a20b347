"""A mail as it came, read as far as it can be read: whatever its bytes are, nothing here raises. Pure."""

import hashlib
import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parseaddr
from html.parser import HTMLParser
from typing import Literal

MAX_CHARS = 100_000
"""So much of a text is kept."""
MAX_PARTS = 200
MAX_NAMES = 20
_ID = re.compile(r"<([^<>\s]{1,250})>")
_METHOD = re.compile(r"\b(dmarc|spf|dkim)\s*=\s*([a-z]+)")
_COMMENT = re.compile(r"\([^()]*\)")
_BULK = frozenset({"bulk", "list", "junk", "auto_reply"})
_ANSWERS = ("x-autoreply", "x-autorespond", "x-auto-reply-from", "x-mail-autoreply")
_LISTS = ("list-id", "list-post", "list-unsubscribe")
_MACHINES = frozenset({"mailer-daemon", "postmaster", "no-reply", "noreply"})

PICTURES = 5
"""So many pictures of a mail are kept."""

Automatic = Literal["bounce", "auto_submitted", "auto_reply", "bulk", "mailing_list"]


@dataclass(frozen=True)
class Upload:
    """An attachment that says that it is a picture; whether it is one is not looked at here."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """What of a mail matters here."""

    key: str
    """Its Message-ID without brackets, else a digest: the same mail has the same."""
    from_address: str
    """In small letters; "": it names nobody."""
    from_name: str
    to: tuple[str, ...]
    """Every address that it may have been sent to."""
    subject: str
    text: str
    answers: tuple[str, ...]
    """Message-IDs that it refers to, without brackets, the nearest first."""
    attachments: tuple[str, ...]
    automatic: Automatic | None
    """A machine wrote it, and how that is known."""
    pictures: tuple[Upload, ...] = ()
    """Those of the attachments that may be pictures."""
    forged: bool = False
    """The last mail server that looked (RFC 8601) says that it is not from whom it names."""


def read(raw: bytes) -> Mail:
    """The mail of these bytes (RFC 5322)."""
    message = message_from_bytes(raw.replace(b"\0", b""), policy=policy.compat32)
    sender = parseaddr(_header(message, "from"))
    ids = _ID.findall(_header(message, "message-id"))
    text, names, pictures = _content(message)
    return Mail(
        key=ids[0] if ids else f"sha256:{hashlib.sha256(raw).hexdigest()}",
        from_address=sender[1].lower()[:254] if "@" in sender[1] else "",
        from_name=sender[0][:200],
        to=_recipients(message),
        subject=_header(message, "subject")[:500],
        text=text[:MAX_CHARS],
        answers=_answers(message),
        attachments=tuple(names[:MAX_NAMES]),
        automatic=_automatic(message, sender[1].lower()),
        pictures=tuple(pictures[:PICTURES]),
        forged=_forged(message),
    )


def _header(message: Message, name: str) -> str:
    """A header decoded, on one line; "" where it is missing."""
    raw = message.get(name)
    if raw is None:
        return ""
    try:
        text = str(make_header(decode_header(str(raw))))
    except (LookupError, ValueError, UnicodeError):
        text = str(raw)
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").replace("\0", "").split())


def _forged(message: Message) -> bool:
    """Whether the topmost Authentication-Results says so.

    Only a bad word counts, for anybody can write a good one into a mail of theirs. A policy of the sender's
    domain (DMARC) decides; without one SPF and DKIM do.
    """
    said = _COMMENT.sub("", _header(message, "authentication-results").lower())
    found = set(_METHOD.findall(said))
    if any(method == "dmarc" for method, _ in found):
        return ("dmarc", "fail") in found
    return ("spf", "fail") in found and ("dkim", "pass") not in found


def _recipients(message: Message) -> tuple[str, ...]:
    named = [
        str(value)
        for name in ("delivered-to", "x-original-to", "envelope-to", "to", "cc")
        for value in (message.get_all(name) or ())[:20]
    ]
    try:
        found = getaddresses(named)
    except (ValueError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(address.lower() for _, address in found if "@" in address))[:100]


def _answers(message: Message) -> tuple[str, ...]:
    near = _ID.findall(_header(message, "in-reply-to"))
    far = _ID.findall(_header(message, "references"))
    return tuple(dict.fromkeys([*near, *reversed(far)]))[:50]


def _automatic(message: Message, sender: str) -> Automatic | None:
    local = sender.partition("@")[0]
    report = message.get_content_type() == "multipart/report"
    returned = "return-path" in message and not parseaddr(_header(message, "return-path"))[1]
    if report or returned or local == "mailer-daemon" or "x-failed-recipients" in message:
        return "bounce"
    if _header(message, "auto-submitted").partition(";")[0].strip().lower() not in ("", "no"):
        return "auto_submitted"
    if local in _MACHINES or any(name in message for name in _ANSWERS):
        return "auto_reply"
    if _header(message, "precedence").lower() in _BULK:
        return "bulk"
    return "mailing_list" if any(name in message for name in _LISTS) else None


def _content(message: Message) -> tuple[str, list[str], list[Upload]]:
    """The text, taken from HTML where there is no plain one, the names of everything else, and pictures."""
    plain: list[str] = []
    rich: list[str] = []
    names: list[str] = []
    pictures: list[Upload] = []
    for part, _ in zip(message.walk(), range(MAX_PARTS), strict=False):
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        attached = "attachment" in _header(part, "content-disposition").lower()
        if attached or kind not in ("text/plain", "text/html"):
            names.append(_name(part, kind))
            payload = part.get_payload(decode=True) if kind.startswith("image/") else None
            if isinstance(payload, bytes):
                pictures.append(Upload(names[-1], payload))
        elif kind == "text/plain":
            plain.append(_decoded(part))
        else:
            rich.append(_decoded(part))
    text = "\n".join(plain).strip() or text_of_html("\n".join(rich))
    return text.replace("\r\n", "\n").replace("\r", "\n").strip(), names, pictures


def _name(part: Message, kind: str) -> str:
    try:
        name = part.get_filename() or ""
    except (LookupError, ValueError, UnicodeError, TypeError):
        name = ""
    name = " ".join(name.encode("utf-8", "replace").decode("utf-8").replace("\0", "").split())
    return name[:100] or kind[:100]


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    charset = "utf-8"
    try:
        charset = part.get_content_charset() or charset
        return raw.decode(charset, "replace").replace("\0", "")
    except (LookupError, ValueError, UnicodeError, TypeError):
        return raw.decode("utf-8", "replace").replace("\0", "")


class _Text(HTMLParser):
    """Words of HTML, a line for each block; what another mail is quoted in is marked like one."""

    HIDDEN = frozenset({"script", "style", "head", "title", "template"})
    BLOCKS = frozenset(
        {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "table", "ul", "ol", "pre", "hr"}
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.hidden = 0
        self.quoted = 0

    def _break(self) -> None:
        if self.lines[-1].strip("> "):
            self.lines.append("> " * min(self.quoted, 1))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.HIDDEN:
            self.hidden += 1
        elif tag == "blockquote":
            self._break()
            self.quoted += 1
            self.lines[-1] = "> "
        elif tag in self.BLOCKS:
            self._break()

    def handle_endtag(self, tag: str) -> None:
        if tag in self.HIDDEN:
            self.hidden = max(0, self.hidden - 1)
        elif tag == "blockquote":
            self.quoted = max(0, self.quoted - 1)
            self.lines.append("> " * min(self.quoted, 1))
        elif tag in self.BLOCKS:
            self._break()

    def handle_data(self, data: str) -> None:
        if not self.hidden and (words := " ".join(data.split())):
            line = self.lines[-1]
            gap = " " if line.strip("> ") and data[:1].isspace() else ""
            self.lines[-1] = f"{line}{gap}{words}" + (" " if data[-1:].isspace() else "")


def text_of_html(html: str) -> str:
    """The words of HTML in lines; quotes begin with a >."""
    parser = _Text()
    parser.feed(html[: 4 * MAX_CHARS])
    parser.close()
    return "\n".join(line.rstrip() for line in parser.lines).strip()
