"""docs/privacy.md says what the code does."""

from core.people.personal import document


def test_the_page_has_todays_list() -> None:
    text = document.PAGE.read_text("utf-8")
    assert document.written(text) == text, "run python -m core.people.personal.document"
