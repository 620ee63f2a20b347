"""The languages we speak and what they are called."""

from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

import babel

Locale = Literal["en", "zh-Hans", "zh-Hant"]

LOCALES: tuple[Locale, ...] = get_args(Locale)
DEFAULT_LOCALE: Locale = "en"

OWN_NAMES: dict[Locale, str] = {"en": "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文"}
"""Each language in its own words, for the language switch."""

CATALOGUES_DIR = Path(__file__).parent / "catalogues"
TRANSLATED: tuple[Locale, ...] = ("zh-Hans", "zh-Hant")


@lru_cache
def babel_locale(locale: Locale) -> babel.Locale:
    """Babel's locale for numbers, dates and names of languages."""
    return babel.Locale.parse(locale, sep="-")


def catalogue_path(locale: Locale) -> Path:
    """Where the messages of a translated language are kept."""
    return CATALOGUES_DIR / locale.replace("-", "_") / "messages.po"
