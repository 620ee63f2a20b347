import pytest

from sentiment.text import RAW_CHARACTERS, clean, joined
from sentiment.types import Text


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("plain", "plain"),
        ("<p>two<br/>lines</p>", "two lines"),
        ("&lt;b&gt;bold&lt;/b&gt; &amp; good", "bold & good"),
        ("I <3 it, 2 < 3 > 1", "I <3 it, 2 < 3 > 1"),
        ("a<!-- hidden -->b", "a b"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("bell\x07 tab\there\nnew", "bell tab here new"),
        ("half \ud83d pair", "half pair"),
        ("whole \ud83d\ude00 pair", "whole 😀 pair"),
        ("other \ude00half", "other half"),
        ("&#xD83D;", ""),
        ("  many   spaces\u00a0 ", "many spaces"),
        ("👍🏽 ❤️", "👍🏽 ❤"),
        ("★☆☆☆☆", "1 stars"),
        ("做工 ★★★★☆！", "做工 4 stars ！"),
        ("⭐️⭐️⭐️ only", "3 stars only"),
        ("★ one, ☆☆☆☆☆, ★★★★★★ and ☆★", "★ one, ☆☆☆☆☆, ★★★★★★ and ☆★"),
    ],
)
def test_clean(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


def test_cleaning_stops_early() -> None:
    assert len(clean("x" * 50_000)) == RAW_CHARACTERS


@pytest.mark.parametrize(
    ("title", "text", "line"),
    [
        ("Great", "I like it", "Great. I like it"),
        ("", "I like it", "I like it"),
        ("Great", "<br>", "Great"),
        ("<i></i>", "ok", "ok"),
        ("", "", ""),
    ],
)
def test_joined(title: str, text: str, line: str) -> None:
    assert joined(Text(text, title)) == line
