"""Each picture of the documents is shown by one of them, with words for who cannot see it, and is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))


def shown() -> dict[Path, list[str]]:
    """Pictures by where they lie, with what is said of them."""
    found: dict[Path, list[str]] = {}
    for page in PAGES:
        for words, target in PICTURE.findall(page.read_text(encoding="utf-8")):
            assert "://" not in target, (page.name, target)
            found.setdefault((page.parent / target).resolve(), []).append(words)
    return found


def test_every_picture_is_shown_and_every_shown_one_is_there() -> None:
    pictures = {path for path in (ROOT / "docs" / "images").iterdir() if path.is_file()}
    assert len(pictures) >= 6
    assert pictures <= set(shown())
    assert [path for path in shown() if not path.is_file()] == []


def test_every_picture_has_words() -> None:
    assert [path.name for path, said in shown().items() if not all(words.strip() for words in said)] == []
