"""Which of the seven languages a text is in, found offline."""

import re
from functools import cache

from opencc import OpenCC
from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

from sentiment.types import LANGUAGES

# What a text without any letter counts as.
DEFAULT_LANGUAGE = "en"

_ENOUGH_CHARACTERS = 1_000
# Chinese borrows a の or a brand's name; Japanese prose is about half kana.
_KANA_SHARE_OF_JAPANESE = 0.15
# A Chinese character says about as much as this many letters.
_LETTERS_PER_CHARACTER = 3
_EUROPEAN = ("en", "es", "fr", "de")
# Below this the identifier is guessing: a brand name, a single word.
_SURE_ENOUGH = 0.3

_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\u31f0-\u31ff\uff66-\uff9d]")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LETTER = re.compile("[A-Za-z\u00c0-\u024f]")
# Simplified in Japan and nowhere else: these decide for Japanese when there is no kana.
_ONLY_JAPANESE = frozenset(
    "発価対気売読込働円広変実単図団圧囲壊歳帰労応検権険験剤済収従渋縦粛処焼奨剰浄畳嬢譲醸択駅顔竜猟両緑涙塁"
)
_CANTONESE = re.compile(
    "[嘅咗喺嚟啲冇佢哋嘢咁噉嗰唞攞咩嘥靚攰]|唔(?=[好係系会會知使得太夠够食想該该同識识抵錯错])|俾人|好正|抵食"
)
_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z0-9-_]+))?")
# Undetermined, several, none and not coded: tags that name no language.
_NO_LANGUAGE = frozenset(("und", "mul", "zxx", "mis"))
_TRADITIONAL_TAG = re.compile(r"(?i)\b(hant|tw|hk|mo)\b")


def detect(text: str) -> str:
    """One of `types.LANGUAGES`; English when the text has no letters or names no language."""
    text = text[:_ENOUGH_CHARACTERS]
    kana, han, letters = (len(pattern.findall(text)) for pattern in (_KANA, _HAN, _LETTER))
    if (kana + han) * _LETTERS_PER_CHARACTER < letters or not kana + han:
        return _european(text) if letters else DEFAULT_LANGUAGE
    if kana >= _KANA_SHARE_OF_JAPANESE * (kana + han):
        return "ja"
    if _CANTONESE.search(text):
        return "zh-Hant"
    return _without_kana(text)


def declared(tag: str) -> str | None:
    """The language that a tag such as "en-GB", "zh_TW" or "it" names; None when it is no language tag.

    Of `types.LANGUAGES` where possible. Others stay themselves: they are scored, but were never measured.
    """
    match = _TAG.fullmatch(tag.strip())
    if match is None:
        return None
    language, rest = match[1].lower(), (match[2] or "").replace("_", "-")
    if language in _NO_LANGUAGE:
        return None
    traditional = _TRADITIONAL_TAG.search(rest) and "hans" not in rest.lower()
    if language == "yue" or (language in ("zh", "cmn") and traditional):
        return "zh-Hant"
    return "zh" if language == "cmn" else language


def language_of(text: str, tag: str | None) -> str:
    """The declared language, else the detected one; for a bare "zh" the script is looked at."""
    language = declared(tag) if tag else None
    if language is None:
        return detect(text)
    if tag and tag.strip().lower() == "zh" and detect(text) == "zh-Hant":
        return "zh-Hant"
    return language


def _without_kana(text: str) -> str:
    """Decides by the characters that only one of the scripts writes; without any it is "zh"."""
    simplified, traditional = _characters_of_one_script()
    counts = {
        "zh": sum(char in simplified for char in text),
        "ja": sum(char in _ONLY_JAPANESE for char in text),
        "zh-Hant": sum(char in traditional for char in text),
    }
    return max(counts, key=lambda language: counts[language])


def _european(text: str) -> str:
    ranked: list[tuple[str, float]] = _identifier().rank(text)
    language, probability = next((name, share) for name, share in ranked if name in _EUROPEAN)
    return language if probability >= _SURE_ENOUGH else DEFAULT_LANGUAGE


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_modelpath(MODEL_DIR / MODEL_FILE, norm_probs=True)
    # Traditional and Simplified are one language to it.
    identifier.set_languages(sorted({language.partition("-")[0] for language in LANGUAGES}))
    return identifier


@cache
def _characters_of_one_script() -> tuple[frozenset[str], frozenset[str]]:
    """The characters that only Simplified and those that only Traditional Chinese writes."""
    han = [chr(code) for code in range(0x4E00, 0xA000)]
    # One character a line, so that no phrase is converted.
    as_traditional = OpenCC("s2t").convert("\n".join(han)).split("\n")
    as_simplified = OpenCC("t2s").convert("\n".join(han)).split("\n")
    simplified = frozenset(a for a, b in zip(han, as_traditional, strict=True) if a != b)
    traditional = frozenset(a for a, b in zip(han, as_simplified, strict=True) if a != b)
    return simplified - traditional - _ONLY_JAPANESE, traditional - simplified - _ONLY_JAPANESE
