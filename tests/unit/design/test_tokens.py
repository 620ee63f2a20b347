"""The style sheet keeps to its own scale: type, colours and space are custom properties."""

import re
from collections.abc import Iterator

from core.design.pages import STATIC_DIR

SHEET = (STATIC_DIR / "regulars.css").read_text(encoding="utf-8")
PLAIN = re.sub(r"/\*.*?\*/", "", SHEET, flags=re.S)
SCALE, RULES = PLAIN.split("@media (prefers-color-scheme: dark)", 1)[0], PLAIN.split(":lang(zh)", 1)[1]
SPACED = ("gap", "row-gap", "column-gap", "padding", "margin")
LENGTH = re.compile(r"(?<![\w.-])-?\d*\.?\d+(?:rem|em|px)")
ALLOWED = {"1px", "-1px"}
"""Of space: a line's width, by which a tab covers its border."""


def declared() -> Iterator[tuple[str, str]]:
    """Each property with its value, outside of the scale."""
    for body in re.findall(r"\{([^{}]*)\}", RULES):
        for line in body.split(";"):
            name, colon, value = line.partition(":")
            if colon and not name.strip().startswith("--"):
                yield name.strip(), value.strip()


def test_type_is_of_the_scale() -> None:
    sizes = {value for name, value in declared() if name == "font-size"}
    # What is set in another face is a little smaller than the text around it.
    assert {size for size in sizes if "var(--" not in size} <= {"0.875em", "inherit"}


def test_colours_are_of_the_palette() -> None:
    found = [value for _, value in declared() if re.search(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(", value)]
    assert found == []


def test_space_is_of_the_scale() -> None:
    odd = {
        f"{name}: {value}"
        for name, value in declared()
        if name.startswith(SPACED)
        for length in LENGTH.findall(value)
        if length not in ALLOWED
    }
    assert odd == set()


def test_corners_are_of_the_scale() -> None:
    found = {value for name, value in declared() if name.endswith("radius")}
    assert {value for value in found if "var(--" not in value} <= {"50%", "0"}


def test_every_property_is_made_and_used() -> None:
    made = set(re.findall(r"^\s+--([a-z0-9-]+):", SCALE, re.M))
    # Those of charts are read by the script that draws them.
    made -= {name for name in made if name.startswith("chart-")}
    used = set(re.findall(r"var\(--([a-z0-9-]+)", PLAIN))
    assert made - used == set()
    assert {name for name in used - made if not name.startswith("chart-")} == set()
