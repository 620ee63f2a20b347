"""Messages in a person's language, out of the catalogues (parsed once, at first use)."""

from functools import lru_cache

from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from core.i18n.locales import TRANSLATED, Locale, catalogue_path

_Key = tuple[str | None, str]


class Translator:
    """Speaks one language; a message without a translation is answered in English."""

    def __init__(self, locale: Locale, messages: dict[_Key, str]) -> None:
        self.locale = locale
        self._messages = messages

    def gettext(self, message: str, /, **values: object) -> str:
        """The message in this language with its `%(name)s` filled in."""
        return self.raw(message) % values

    def pgettext(self, context: str, message: str, /, **values: object) -> str:
        """As gettext, for a word whose meaning depends on where it stands."""
        return self.raw(message, context) % values

    def ngettext(self, singular: str, plural: str, n: int, /, **values: object) -> str:
        """The form that fits `n`; `%(num)s` is `n` unless given, already formatted, as `num`."""
        return self.raw_plural(singular, plural, n) % {"num": n, **values}

    def raw(self, message: str, context: str | None = None) -> str:
        """The translation without filling anything in (Jinja escapes and fills in by itself)."""
        return self._messages.get((context, message), message)

    def raw_plural(self, singular: str, plural: str, n: int) -> str:
        """As raw; Chinese has one form, English two."""
        return self._messages.get((None, singular)) or (singular if n == 1 else plural)


def mark(message: str) -> str:
    """Marks a message for extraction where its language is not known yet."""
    return message


@lru_cache
def translator(locale: Locale) -> Translator:
    """The translator of a language."""
    if locale not in TRANSLATED:
        return Translator(locale, {})
    with catalogue_path(locale).open("rb") as file:
        catalogue = read_po(file, locale=locale.replace("-", "_"), abort_invalid=True)
    pairs = (_entry(message) for message in catalogue if message.id)
    return Translator(locale, {key: text for key, text in pairs if text})


def _entry(message: Message) -> tuple[_Key, str]:
    """A message's key and text; a fuzzy one counts as untranslated, a plural one has a single form."""
    source = message.id if isinstance(message.id, str) else message.id[0]
    text = message.string if isinstance(message.string, str) else (message.string or [""])[0]
    return (message.context, source), "" if message.fuzzy else text
