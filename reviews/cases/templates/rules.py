"""What a template may say, and how it is filled in. Pure."""

import re
from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

from core.errors import DomainError, Kind
from core.i18n import DEFAULT_LOCALE, LOCALES, Locale
from reviews.cases import lint
from reviews.cases.codes import CODE, NAME_LIMIT_CHARS

Channel = Literal["any", "public", "private"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
Variable = Literal["customer", "order", "product", "shop", "agent"]
VARIABLES: tuple[Variable, ...] = get_args(Variable)
TEXT_LIMIT_CHARS = 4000

_SLOT = re.compile(r"\{([a-z]+)(?:\|([^{}\n]*))?\}")
_BRACE = re.compile(r"\{[^}\n]{0,40}\}?")


class TemplateUnfit(DomainError):
    """A code, text or variable that no template can have."""

    code = "template_unfit"
    kind = Kind.INVALID
    title = "The template cannot be like this"


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """`texts` by language; {customer}, {order}, {product}, {shop} and {agent} are filled in, {customer|there}
    says what stands there where it is not known."""

    code: str
    name: str
    channel: Channel
    texts: dict[Locale, str]

    def fits(self, channel: Channel) -> bool:
        """Whether it can be used in public, or in private."""
        return self.channel in ("any", channel)

    def text(self, language: Locale) -> str:
        """In this language; without it in the other Chinese, English, or any."""
        other: dict[str, Locale] = {"zh-Hans": "zh-Hant", "zh-Hant": "zh-Hans"}
        order = (language, other.get(language), DEFAULT_LOCALE)
        return next(
            (self.texts[each] for each in order if each in self.texts), next(iter(self.texts.values()))
        )


def checked(template: Template) -> Template:
    """The template without space around its texts. Raises TemplateUnfit."""
    if not CODE.fullmatch(template.code) or not 0 < len(template.name.strip()) <= NAME_LIMIT_CHARS:
        raise TemplateUnfit("a code of small letters, digits and hyphens, and a name", field="code")
    texts = {language: text.replace("\0", "").strip() for language, text in template.texts.items()}
    texts = {language: text for language, text in texts.items() if text}
    if not texts or not set(texts) <= set(LOCALES):
        raise TemplateUnfit(f"a text in at least one of {', '.join(LOCALES)}", field="texts")
    for text in texts.values():
        _check(text, template.channel)
    return Template(code=template.code, name=template.name.strip(), channel=template.channel, texts=texts)


def fill(text: str, values: Mapping[Variable, str]) -> str:
    """The text with its variables filled in; what is not known and has no word instead stays as it is, and
    no such text is sent (reviews.cases.lint)."""

    def value(slot: re.Match[str]) -> str:
        name, instead = slot[1], slot[2]
        known = values.get(name, "").strip() if name in VARIABLES else ""
        return known or (instead if instead is not None else slot[0])

    return _SLOT.sub(value, text)


def _check(text: str, channel: Channel) -> None:
    if len(text) > TEXT_LIMIT_CHARS:
        raise TemplateUnfit(f"at most {TEXT_LIMIT_CHARS} characters", field="texts")
    for found in _BRACE.finditer(text):
        slot = _SLOT.fullmatch(found[0])
        if slot is None or slot[1] not in VARIABLES:
            raise TemplateUnfit(f"{found[0]} is none of {', '.join(VARIABLES)}", field="texts")
        # Everybody reads it: whose order it was is nobody's business.
        if slot[1] == "order" and channel != "private":
            raise TemplateUnfit("an order is named in private alone", field="texts")
    if wrong := [each for each in lint.lint(_SLOT.sub("", text)) if each.reason in lint.REFUSED]:
        raise TemplateUnfit(f"it may not say: {wrong[0].words}", field="texts")
