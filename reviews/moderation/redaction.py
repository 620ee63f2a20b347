"""Personal data in a text: found, and hidden from show. Pure; the raw text stays as it is.

Patterns of how people write such things in the languages of our shops. A date, a price, a size or an order
number is none of them: what is hidden without need is lost for readers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["email", "phone", "address", "card"]

COVER = "•••••"

_EMAIL = r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"
_PHONES = (
    r"\+\d{1,3}(?:[ ().-]{0,2}\d){6,13}",  # international
    r"1[3-9]\d[ -]?\d{4}[ -]?\d{4}",  # mainland China, mobile
    r"0\d{2,3}[ -]\d{7,8}",  # mainland China, fixed
    r"09\d{2}[ -]?\d{3}[ -]?\d{3}",  # Taiwan, mobile
    r"[5-9]\d{3} \d{4}",  # Hong Kong
    r"\(?\d{3}\)?[ .-]\d{3}[.-]\d{4}",  # North America
    r"0\d(?:[ ]\d{2}){4}",  # France
    r"0\d{2,5}[ /-]\d{3,8}(?:[ -]\d{2,5})?",  # Europe, Japan
)
_NAMED_NUMBER = (
    r"(?i:\b(?:phone|tel|telephone|mobile|(?:call|text) me(?: at| on)?|whats ?app|line id|wechat)\b"
    r"|电话|電話|手机|手機|微信号?|微信號|加微|薇信|v信|联系方式|聯絡方式)"
    r"[^\w+\n]{0,4}(?:is|是|为|為|号|號|no\.?|number)?[^\w+\n]{0,4}"
    r"(?P<number>\+?\d[\d ()./-]{5,16}\d|(?=[\w-]{1,19}\d)[A-Za-z][\w-]{5,19})"
)
_ADDRESSES = (
    r"\b\d{1,5}[A-Za-z]?,? (?:[NSEW]\.? )?(?:[A-Z][\w'’-]+\.? ){1,4}"
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Square|Terrace)\b\.?"
    r"(?:,? (?:Apt|Apartment|Unit|Flat|Suite|#)\.? ?\w{1,6})?",
    r"\b[A-ZÄÖÜ][\wäöüß-]{2,30}(?:straße|strasse|str\.|weg|platz|gasse|allee) \d{1,4}[a-z]?\b",
    r"\b\d{1,4}(?: (?:bis|ter))?,? (?:rue|avenue|boulevard|place|impasse) (?:[\w'’-]+ ?){1,5}",
    r"(?:[\u4e00-\u9fff]{2,3}[省市])?(?:[\u4e00-\u9fff]{2,3}市)?(?:[\u4e00-\u9fff]{1,4}[区區县縣镇鎮乡鄉])?"
    r"[\u4e00-\u9fff]{1,6}(?:路|街|大道|巷|弄|胡同)[一二三四五六七八九十]{0,2}段?(?:\d{1,4}巷)?(?:\d{1,4}弄)?"
    r"\d{1,5}[号號](?:[\dA-Za-z一二三四五六七八九十]{1,5}(?:室|楼|樓|层|層|单元|單元|栋|棟|座|户|戶|房))*",
)
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("email", re.compile(_EMAIL)),
    ("address", re.compile("|".join(_ADDRESSES))),
    ("phone", re.compile(rf"(?<![\w+./-])(?:{'|'.join(_PHONES)})(?![\d/-]|\.\d)")),
    ("phone", re.compile(_NAMED_NUMBER)),
)


@dataclass(frozen=True)
class Found:
    """Personal data at text[start:end]."""

    kind: Kind
    start: int
    end: int


def personal_data(text: str) -> list[Found]:
    """What of a text is personal data, in its order; nothing overlaps."""
    last, found = 0, []
    for each in sorted(_found(text), key=lambda one: (one.start, -one.end)):
        if each.start >= last:
            found.append(each)
            last = each.end
    return found


def redacted(text: str) -> str:
    """The text as the public may see it."""
    parts, last = [], 0
    for each in personal_data(text):
        parts += [text[last : each.start], COVER]
        last = each.end
    return "".join([*parts, text[last:]]) if parts else text


def _found(text: str) -> Iterator[Found]:
    if not any(each.isdecimal() or each == "@" for each in text):
        return
    for match in _CARD.finditer(text):
        if _is_card([int(each) for each in match[0] if each.isdecimal()]):
            yield Found("card", *match.span())
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            named = "number" in pattern.groupindex
            yield Found(kind, *match.span("number" if named else 0))


def _is_card(digits: list[int]) -> bool:
    """Luhn's check, which one in ten numbers passes by chance; all alike is no number."""
    doubled = [sum(divmod(2 * each, 10)) for each in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0
