"""Which language is answered in, and whether the catalogues are complete."""

import pytest
from babel.messages.catalog import Catalog
from opencc import OpenCC

from core.i18n import Locale, negotiate, translator
from core.i18n.check import english_words, problems
from core.i18n.locales import TRANSLATED
from core.i18n.update import extract, updated


@pytest.mark.parametrize(
    ("header", "stored", "locale"),
    [
        ("", None, "en"),
        ("en-GB,en;q=0.9", None, "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", None, "zh-Hans"),
        ("zh-SG", None, "zh-Hans"),
        ("zh", None, "zh-Hans"),
        ("zh-TW", None, "zh-Hant"),
        ("zh-HK", None, "zh-Hant"),
        ("zh-MO", None, "zh-Hant"),
        ("zh_tw", None, "zh-Hant"),
        ("zh-Hant-CN", None, "zh-Hant"),
        ("zh-Hans-HK", None, "zh-Hans"),
        ("yue-HK", None, "zh-Hant"),
        ("cmn-Hans-CN", None, "zh-Hans"),
        ("fr-FR,de;q=0.8", None, "en"),
        ("fr-FR,zh-TW;q=0.5,en;q=0.3", None, "zh-Hant"),
        ("en;q=0.3,zh-CN;q=0.8", None, "zh-Hans"),
        ("zh-TW;q=0,en;q=0.1", None, "en"),
        ("*", None, "en"),
        (";;,q=,zh;q=oops,,", None, "en"),
        ("zh-CN", "en", "en"),
        ("en", "zh-Hant", "zh-Hant"),
        ("zh-TW", "fr", "zh-Hant"),
        ("zh-TW", "", "zh-Hant"),
    ],
)
def test_negotiation(header: str, stored: str | None, locale: str) -> None:
    assert negotiate(header, stored) == locale


@pytest.fixture(scope="module")
def template() -> Catalog:
    return extract()


def test_nothing_is_missing_fuzzy_misfilled_or_left_in_english(template: Catalog) -> None:
    assert problems(template) == []


def test_a_new_message_is_noticed(template: Catalog) -> None:
    extra = Catalog()
    for message in template:
        if message.id:
            extra.add(message.id, context=message.context)
    extra.add("A message that nobody translated")
    assert [line for line in problems(extra) if "nobody translated" in line] == [
        f"{locale}: missing: 'A message that nobody translated'" for locale in TRANSLATED
    ]


def test_updating_keeps_translations_and_adds_new_messages_empty(template: Catalog) -> None:
    assert "可用积分" in updated("zh-Hans", template).decode()
    extra = Catalog()
    extra.add("Brand new")
    text = updated("zh-Hans", extra).decode()
    assert 'msgid "Brand new"\nmsgstr ""' in text
    assert "可用积分" not in text


def test_english_words_are_found_between_names_and_placeholders() -> None:
    assert english_words("在 Regulars 中有 %(points)s 积分 pending") == ["pending"]
    assert english_words("导出 CSV") == []


@pytest.mark.parametrize(("locale", "direction"), [("zh-Hans", "t2s"), ("zh-Hant", "s2tw")])
def test_no_character_of_the_other_script(locale: Locale, direction: str, template: Catalog) -> None:
    convert = OpenCC(direction).convert
    words = translator(locale)
    for message in template:
        if message.id:
            source = message.id if isinstance(message.id, str) else message.id[0]
            text = words.raw(source, message.context)
            assert convert(text) == text, source


def test_messages_are_filled_in_from_python() -> None:
    words = translator("zh-Hant")
    assert words.gettext("Hello, %(name)s", name="林怡君") == "您好，林怡君"
    assert words.ngettext("%(num)s point", "%(num)s points", 3) == "3 積分"
    assert words.pgettext("case", "Owner") == "負責人"
    assert words.gettext("Owner") == "店主"
    assert translator("en").ngettext("%(num)s point", "%(num)s points", 1) == "1 point"
    assert translator("en").gettext("No such message") == "No such message"
