"""Which of our languages to answer in."""

from collections.abc import Mapping

from core.i18n.locales import DEFAULT_LOCALE, LOCALES, Locale

_TRADITIONAL_REGIONS = frozenset({"tw", "hk", "mo"})
_CHINESE = frozenset({"zh", "cmn"})


def negotiate(accept_language: str, stored: str | None) -> Locale:
    """The language to answer in: the one the person chose, else the best one the browser asks for.

    `accept_language` is the header as it came, possibly empty or malformed; `stored` is the person's
    earlier choice, ignored when it is not a language of ours.
    """
    if stored in LOCALES:
        return stored
    for tag in _wanted(accept_language):
        if ours := _match(tag):
            return ours
    return DEFAULT_LOCALE


def in_language(texts: Mapping[str, str], locale: str) -> str:
    """A text from data in the reader's language, else in English, else in any there is."""
    return texts.get(locale) or texts.get(DEFAULT_LOCALE) or next(iter(texts.values()), "")


def _wanted(header: str) -> list[str]:
    """The header's language tags, the most wanted first; those with q=0 are refused and left out."""
    weighted = [_weigh(part) for part in header.split(",") if part.strip()]
    return [tag for tag, weight in sorted(weighted, key=lambda pair: -pair[1]) if weight > 0]


def _weigh(part: str) -> tuple[str, float]:
    tag, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return tag, float(parameter[2:])
            except ValueError:
                return tag, 0.0
    return tag, 1.0


def _match(tag: str) -> Locale | None:
    """Babel's own negotiation misses zh-TW: the script decides, and without one the region does."""
    language, *rest = tag.replace("_", "-").split("-")
    if language == "en":
        return "en"
    if language == "yue":
        return "zh-Hans" if "hans" in rest else "zh-Hant"
    if language not in _CHINESE:
        return None
    if "hans" in rest:
        return "zh-Hans"
    if "hant" in rest or _TRADITIONAL_REGIONS.intersection(rest):
        return "zh-Hant"
    return "zh-Hans"
