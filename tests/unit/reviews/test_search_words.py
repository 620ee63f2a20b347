"""Words of texts and of what is looked for: the same rules on both sides, in every language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.search import excerpts, words
from reviews.search.words import QueryEmpty, QueryTooLong, indexed, parse, tokens


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Don't BUY it!", "dont buy it"),
        ("Café naïve Müller", "cafe naive muller"),
        ("质量很好", "质量 量很 很好 好"),
        ("質量很好", "质量 量很 很好 好"),
        ("用iPhone 15拍的", "用 iphone 15 拍的 的"),
        ("とても良いが", "とて ても も良 良い いが が"),
        ("ＡＢＣ　①", "abc 1"),
        ("a_b <b>bold</b> &amp; x", "a b bold x"),
        ("质\u200b量", "质量 量"),
        ("배송이 빨라요", "배송이 빨라요"),
        ("\U0001f600 !? ", ""),
    ],
)
def test_words_of_a_text(text: str, found: str) -> None:
    assert indexed(text) == found


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("late refund", "late & refund"),
        ('"never again" -shoes', "(never <-> again) & !shoes"),
        ("refun*", "refun:*"),
        ("slow or late delivery", "slow | late & delivery"),
        ("质量 或 物流", "质量 | 物流"),
        ("质量", "质量"),
        ("退貨很慢", "(退货 <-> 货很 <-> 很慢)"),
        ("好", "好:*"),
        ('-"太 贵" 房间', "!(太 <-> 贵:*) & 房间"),
        ("iPhone手机壳", "(iphone <-> 手机 <-> 机壳)"),
        ("don't", "dont"),
        ("a:* & !b | <-> (c) ' \\ \"", "a:* & b & c"),
        ("well-made", "(well <-> made)"),
    ],
)
def test_what_was_typed(typed: str, query: str) -> None:
    assert str(parse(typed)) == query


@pytest.mark.parametrize("typed", ["", "  ", "-bad", "!!! …", "good or -bad", '""'])
def test_nothing_to_look_for(typed: str) -> None:
    with pytest.raises(QueryEmpty):
        parse(typed)


def test_more_than_anybody_types() -> None:
    with pytest.raises(QueryTooLong):
        parse("x" * 501)
    with pytest.raises(QueryTooLong):
        parse("好" * 100)


@given(st.text(max_size=200))
def test_any_text_has_words_that_are_told_with_their_places(text: str) -> None:
    assert all(word.isalnum() and len(word) <= 64 for word in indexed(text).split())
    last = 0
    for token in tokens(text):
        assert last <= token.start < token.end <= len(text)
        last = token.end - 1


@given(st.text(max_size=120))
def test_any_query_is_refused_or_one_that_postgresql_reads(text: str) -> None:
    try:
        query = str(parse(text))
    except (QueryEmpty, QueryTooLong):
        return
    assert query.strip("!(")[0].isalnum()
    assert not set(query) & set("'\"\\")


def _marked(text: str, typed: str, fitting: set[str]) -> str:
    found = excerpts.places(tokens(text), parse(typed), fitting)
    return "".join(f"[{each.text}]" if each.match else each.text for each in excerpts.excerpt(text, found))


def test_marks_are_where_the_words_are() -> None:
    assert _marked("質量很好，品質好", "质量", set()) == "[質量]很好，品質好"
    assert _marked("I was refunded LATE", "refund late", {"refunded", "late"}) == "I was [refunded] [LATE]"
    assert _marked("好好好", "好", set()) == "[好好好]"
    assert _marked("bad\n\n  line", "line -bad", {"line"}) == "bad [line]"


def test_an_excerpt_is_around_the_first_mark() -> None:
    text = "x " * 500 + "needle" + " y" * 500
    shown = _marked(text, "needle", {"needle"})
    assert shown.startswith("…") and shown.endswith("…") and "[needle]" in shown
    assert len(shown) < excerpts.EXCERPT_CHARS + 10
    assert excerpts.single_words(parse('"very slow" refun* -x 好')) == "very | slow | refun:*"


def test_longer_words_than_the_limit_are_found_by_their_beginning() -> None:
    assert indexed("a" * 100) == str(parse("a" * 100)) == "a" * words.WORD_LIMIT_CHARS
