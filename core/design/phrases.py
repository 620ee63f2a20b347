"""Messages in templates: HTML of this site, in which what is filled in is escaped.

As Jinja's own extension has it, at a fraction of what that costs: a page says hundreds of them, most without
anything to fill in.
"""

from functools import lru_cache

from markupsafe import Markup, escape

from core.i18n import Translator

REMEMBERED = 8192


class Phrases:
    """What templates call `_`, `pgettext` and `ngettext`: as the Translator's, but safe."""

    def __init__(self, words: Translator) -> None:
        self._words = words
        self._plain = lru_cache(REMEMBERED)(lambda *said: _filled(words.raw(*said), {}))

    def gettext(self, message: str, /, **values: object) -> Markup:
        """The message with its `%(name)s` filled in."""
        return _filled(self._words.raw(message), values) if values else self._plain(message)

    def pgettext(self, context: str, message: str, /, **values: object) -> Markup:
        """As gettext, for a word whose meaning depends on where it stands."""
        return _filled(self._words.raw(message, context), values) if values else self._plain(message, context)

    def ngettext(self, singular: str, plural: str, n: int, /, **values: object) -> Markup:
        """The form that fits `n`; `%(num)s` is `n` unless given, already formatted, as `num`."""
        return _filled(self._words.raw_plural(singular, plural, n), {"num": n, **values})


def _filled(text: str, values: dict[str, object]) -> Markup:
    return Markup(text % {name: escape(value) for name, value in values.items()})
