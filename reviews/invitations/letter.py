"""The mail that asks for a review, in the customer's language: stars that open the form. Pure."""

import html
from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec

from core.i18n import Locale, Translator, translator
from reviews.invitations.model import Line

WRITE_PATH = "/reviews/write"
LINES_LIMIT = 5

_STAR = (
    '<a href="{href}" aria-label="{label}" style="color:#b06f12;font-size:30px;text-decoration:none">★</a>'
)


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail is made of; the token is a secret that opens the form, `end_href` ends such mails."""

    locale: Locale
    name: str
    shop: str
    lines: Sequence[Line]
    reminder: bool
    base_url: str
    write_token: str
    end_href: str

    def stars_href(self, line: Line, stars: int) -> str:
        """Opens the form of a line with these stars chosen."""
        query = {"token": self.write_token, "line": line.line_id, "stars": stars}
        return f"{self.base_url}{WRITE_PATH}?{urlencode(query)}"


def write(letter: Letter) -> tuple[str, str, str]:
    """Subject, plain text, HTML."""
    words = translator(letter.locale)
    if letter.reminder:
        subject = words.gettext("A reminder: how was your order at %(shop)s?", shop=letter.shop)
    else:
        subject = words.gettext("How was your order at %(shop)s?", shop=letter.shop)
    hello = words.gettext("Hello %(name)s,", name=letter.name) if letter.name else words.gettext("Hello,")
    asks = words.gettext("how was it? Good or bad: choose the stars that fit, and the form opens.")
    end = words.gettext("If you do not want to be asked any more:")
    lines, said = letter.lines[:LINES_LIMIT], (hello, asks, end)
    return subject, _plain(letter, lines, said), _html(letter, lines, said, words)


def _plain(letter: Letter, lines: Sequence[Line], said: tuple[str, str, str]) -> str:
    hello, asks, end = said
    parts = [f"{hello}\n\n{asks}"]
    for line in lines:
        stars = [f"{'★' * n + '☆' * (5 - n)} {letter.stars_href(line, n)}" for n in range(5, 0, -1)]
        parts.append("\n".join([line.name, *stars]))
    return "\n\n".join([*parts, f"{end}\n{letter.end_href}"]) + "\n"


def _html(letter: Letter, lines: Sequence[Line], said: tuple[str, str, str], words: Translator) -> str:
    hello, asks, end = (html.escape(each) for each in said)
    parts = [f"<p>{hello}</p><p>{asks}</p>"]
    for line in lines:
        stars = "".join(
            _STAR.format(
                href=html.escape(letter.stars_href(line, n)),
                label=html.escape(words.ngettext("%(num)s star", "%(num)s stars", n)),
            )
            for n in range(1, 6)
        )
        parts.append(f"<p><strong>{html.escape(line.name)}</strong><br>{stars}</p>")
    leave = html.escape(words.gettext("End these mails"))
    parts.append(f'<p><small>{end} <a href="{html.escape(letter.end_href)}">{leave}</a></small></p>')
    return f'<!doctype html><html lang="{letter.locale}"><body>{"".join(parts)}</body></html>'
