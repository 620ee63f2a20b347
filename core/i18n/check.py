"""What is wrong with the catalogues: nothing may be missing, fuzzy, half-English or misfilled."""

import re
from collections.abc import Iterator

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from core.i18n.locales import TRANSLATED, Locale, catalogue_path

_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|%(?!\()")
_WORD = re.compile(r"[A-Za-z][A-Za-z'’]+")

# Names and abbreviations that Chinese text keeps in Latin letters.
_LATIN = frozenset(
    [
        *("Regulars", "CSV", "JSON", "API", "ID", "SMTP", "Apache", "ONNX", "Esc", "SLA", "Python"),
        *(
            "JPEG",
            "PNG",
            "WebP",
            "MB",
            "kB",
            "NDJSON",
            "XML",
            "RFM",
            "gzip",
            "zip",
            "PDF",
            "UTF",
            "http",
            "https",
        ),
        *("Google", "Trustpilot", "WooCommerce", "WordPress", "Webhook", "Business", "Profile"),
        *("Judge", "me", "Loox", "Yotpo", "Apple", "App", "OpenID", "Connect", "QR"),
    ]
)


def problems(template: Catalog) -> list[str]:
    """One line for each message that is wrong in a Chinese catalogue; empty when all is well.

    `template` is what core.i18n.update.extract found in the source tree.
    """
    return [line for locale in TRANSLATED for line in _problems_of(locale, template)]


def _problems_of(locale: Locale, template: Catalog) -> Iterator[str]:
    with catalogue_path(locale).open("rb") as file:
        catalogue = read_po(file, locale=locale.replace("-", "_"))
    known = {(m.context, _source(m)) for m in template if m.id}
    for message in template:
        if message.id:
            fault = _fault(message, catalogue.get(message.id, message.context))
            if fault:
                yield f"{locale}: {fault}: {_source(message)!r}"
    for message in catalogue:
        if message.id and (message.context, _source(message)) not in known:
            yield f"{locale}: no longer used: {_source(message)!r}"


def _source(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _fault(wanted: Message, found: Message | None) -> str | None:
    if found is None:
        return "missing"
    texts = (found.string,) if isinstance(found.string, str) else tuple(found.string or ())
    if not texts or not all(texts):
        return "not translated"
    if found.fuzzy:
        return "fuzzy"
    # The plural form names the same values as the singular, and sometimes the number on top.
    fullest = wanted.id if isinstance(wanted.id, str) else wanted.id[1]
    for text in texts:
        if sorted(_PLACEHOLDER.findall(fullest)) != sorted(_PLACEHOLDER.findall(text)):
            return "placeholders differ"
        if english := english_words(text):
            return f"English left ({', '.join(english)})"
    return None


def english_words(text: str) -> list[str]:
    """The Latin words in a Chinese text that are not names kept as they are."""
    bare = _PLACEHOLDER.sub(" ", re.sub(r"<[^>]*>|https?://\S+|\S+@\S+", " ", text))
    return [word for word in _WORD.findall(bare) if word not in _LATIN]
