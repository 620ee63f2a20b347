"""Renders pages: ``render("portal/home.html", locale, csrf_token=…, frame=Frame(…), view=PortalHome(…))``.

Every page takes exactly `csrf_token` (str), `frame` (views.Frame) and `view` (the page's view model);
everything is escaped, and a name that is not there raises instead of printing nothing.
"""

import hashlib
from functools import lru_cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.runtime import Macro

from core.design.formats import formats
from core.design.phrases import Phrases
from core.design.words import word
from core.i18n import LOCALES, OWN_NAMES, Locale, translator

STATIC_DIR = Path(__file__).parent / "static"
TEMPLATES_DIR = Path(__file__).parent / "templates"
STATIC_URL = "/static"


REMEMBERED = 4096


def render(template: str, locale: Locale, **context: object) -> str:
    """A page in a language. Raises jinja2.UndefinedError when the context lacks something."""
    return _environment(locale).get_template(template).render(context)


@lru_cache
def static_url(name: str) -> str:
    """The address of a static file; it changes with the content, so browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC_DIR / name).read_bytes()).hexdigest()[:12]
    return f"{STATIC_URL}/{name}?v={digest}"


@lru_cache
def _environment(locale: Locale) -> Environment:
    """One environment a language, so that templates and macros need not be told it."""
    if locale not in LOCALES:
        raise ValueError(f"not a language of ours: {locale!r}")
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_DIR),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # What is installed stays as it is; each use of a template would ask for the age of its file.
        auto_reload=False,
    )
    words, phrases, shown = translator(locale), Phrases(translator(locale)), formats(locale)
    environment.filters.update(
        number=shown.number,
        signed=shown.signed,
        figure=shown.figure,
        points=shown.points,
        money=shown.money,
        metric=shown.metric,
        percent=shown.percent,
        date=shown.date,
        date_time=shown.date_time,
        month=shown.month,
        zone=shown.zone,
        relative=shown.relative,
        language=shown.language,
    )
    environment.globals.update(
        _=phrases.gettext,
        pgettext=phrases.pgettext,
        ngettext=phrases.ngettext,
        locale=locale,
        languages=OWN_NAMES,
        static_url=static_url,
        word=lru_cache(REMEMBERED)(partial(word, words)),
        kept=lru_cache(REMEMBERED)(_said),
    )
    return environment


def _said(macro: Macro, *arguments: object) -> str:
    return macro(*arguments)
