"""Languages: English source strings, Chinese catalogues, and what to answer in.

In Python (mails, notices)::

    _ = translator(locale).gettext
    subject = _("Your reward: %(reward)s", reward=name)

Values are put in with ``%(name)s``; a literal per cent sign in a message is written ``%%``.
"""

from core.i18n.locales import DEFAULT_LOCALE, LOCALES, OWN_NAMES, Locale, babel_locale
from core.i18n.negotiation import in_language, negotiate
from core.i18n.translator import Translator, mark, translator

__all__ = [
    "DEFAULT_LOCALE",
    "LOCALES",
    "OWN_NAMES",
    "Locale",
    "Translator",
    "babel_locale",
    "in_language",
    "mark",
    "negotiate",
    "translator",
]
