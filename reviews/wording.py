"""A review's text as people read it."""

import html
import re
from collections.abc import Iterable

from reviews.moderation.redaction import COVER, redacted

# Han, kana and Thai have no spaces between words.
_UNBOUNDED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")

# Words in the names that sources show for whoever gave none, titles and particles: alone they name nobody.
_SAID_OF_NOBODY = """
    an the of de da di du del la le el von van der den mr mrs ms dr herr frau
    user users customer client guest anonymous buyer reviewer shopper member verified google amazon
    nutzer kunde kundin käufer gast anonym utilisateur acheteur invité anonyme cliente usuario
    comprador invitado anónimo anónima
    用户 用戶 顾客 顧客 客户 客戶 匿名 匿名用户 匿名用戶 ユーザー 匿名ユーザー
"""
_NOBODY = frozenset(_SAID_OF_NOBODY.split())


def shown(raw: str) -> str:
    """The text with HTML entities decoded, since shops send them escaped; a page escapes it once more.

    For its author and for staff: personal data in it is still there.
    """
    return html.unescape(raw)


def public(raw: str) -> str:
    """The text as everybody may read it: personal data is covered."""
    return redacted(shown(raw))


def masked(text: str, names: Iterable[str]) -> str:
    """The text without personal data and these names: whole ones first, then the parts that name somebody."""
    said = redacted(text)
    parts = {part for name in map(shown, names) for part in (name, *name.split()) if _names(part)}
    for part in sorted(parts, key=lambda each: (-len(each), each)):
        bounded = re.escape(part) if _UNBOUNDED.search(part) else rf"(?<!\w){re.escape(part)}(?!\w)"
        said = re.sub(bounded, COVER, said, flags=re.IGNORECASE)
    return said


def _names(part: str) -> bool:
    """Whether it is more than one letter or a word that names nobody."""
    return len(part) > 1 and part.casefold().strip(".,") not in _NOBODY
