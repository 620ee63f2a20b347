"""Whatever is said about a file or a row that cannot be taken in has words in each language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from admin.studio.refusals import in_words
from core.i18n import Locale

ROOT = Path(__file__).parents[3]
SAYING = {"FieldInvalid", "RowRejected", "ReviewInvalid", "FileUnreadable", "ValueError"}
CHINESE = re.compile(r"[\u4e00-\u9fff\uff1a]")


def texts(node: ast.expr) -> Iterator[str]:
    """The sentence of a call, with something where it is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
        yield node.value
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x1" for part in node.values)


def sentences() -> set[str]:
    files = [
        *ROOT.glob("core/files/*.py"),
        *ROOT.glob("reviews/files/*.py"),
        ROOT / "reviews/intake/rules.py",
    ]
    calls = (
        node
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING
    )
    return {text for call in calls for argument in call.args for text in texts(argument)}


SENTENCES = sorted(sentences())


@pytest.mark.parametrize("locale", ["zh-Hans", "zh-Hant"])
@pytest.mark.parametrize("text", SENTENCES)
def test_each_sentence_of_the_code_is_said_in_chinese(text: str, locale: Locale) -> None:
    said = in_words(text, locale)
    assert CHINESE.search(said), said
    assert said.count("x1") == text.count("x1")
    assert in_words(text, "en") == text


def test_there_are_as_many_as_one_sees() -> None:
    assert len(SENTENCES) > 50


def test_sentences_in_sentences_are_said_too_and_what_nobody_knows_stays() -> None:
    assert in_words("this is a picture, not a file of rows", "zh-Hans") == "这是图片，不是一行一条的文件"
    nested = "line 1: byte 7 of the file (line 1, 0xFF) is not UTF-8"
    assert in_words(nested, "zh-Hant") == "第 1 行：檔案第 7 位元組（第 1 行，0xFF）不是 UTF-8"
    assert in_words("edited_at: has no time zone", "zh-Hans") == "edited_at：没有时区"
    assert in_words("'a: b' is neither yes nor no", "zh-Hans") == "'a: b' 既不是“是”也不是“否”"
    assert in_words("unexpected end of data", "zh-Hans") == "unexpected end of data"
