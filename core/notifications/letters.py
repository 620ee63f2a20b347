"""How letters are put together; what they say is the business of each kind."""

from collections.abc import Sequence

from core.i18n import translator
from core.notifications.model import Letter, Reader

CHOICES_PATH = "/portal/messages"


def plain(subject: str, said: Sequence[str], reader: Reader, path: str = "", call: str = "") -> Letter:
    """A letter of paragraphs; `call` leads to `path` of this site. It ends with how to get no more."""
    words = translator(reader.locale)
    hello = words.gettext("Hello %(name)s,", name=reader.name) if reader.name else words.gettext("Hello,")
    href = f"{reader.base_url}{path}" if path else ""
    parts = [hello, *said, *([f"{call}\n{href}"] if href else []), footer(reader)]
    short = "\n".join([*said[:1], *([href] if href else [])])
    return Letter(subject=subject, body="\n\n".join(parts) + "\n", short=short, href=href)


def footer(reader: Reader) -> str:
    """How to end such messages, or to choose among all."""
    words = translator(reader.locale)
    if reader.end_href:
        return words.gettext("If you do not want such mails any more:") + f"\n{reader.end_href}"
    return words.gettext("What we write to you about is your choice:") + f"\n{reader.base_url}{CHOICES_PATH}"
