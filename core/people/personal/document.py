"""The table of docs/privacy.md: ``python -m core.people.personal.document`` writes it."""

import re
from pathlib import Path

from core.people.personal import registry
from core.people.personal.model import Place

PAGE = Path(__file__).parents[3] / "docs" / "privacy.md"
_PLACE = re.compile(r"(<!-- places: [^\n]*-->\n).*?(<!-- end of places -->)", re.DOTALL)


def table() -> str:
    """What is kept, where, and what becomes of it, as the code has it."""
    head = ["area", "table", "what", "exported", "when somebody is erased"]
    lines = [head, ["---"] * len(head)]
    lines += [
        [p.area, f"`{p.table}`", p.what, "yes" if p.exported else "", _fate(p)] for p in registry.places()
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def written(text: str) -> str:
    """The page with today's table."""
    return _PLACE.sub(lambda found: f"{found[1]}\n{table()}\n{found[2]}", text)


def _fate(place: Place) -> str:
    kept = " (unless its author lets it stand)" if place.wording else ""
    if isinstance(place.erased, str):
        return f"deleted{kept}"
    if place.erased:
        return f"overwritten: {', '.join(place.erased)}{kept}"
    return "stays: " + ("; ".join(sorted(set(place.stays.values()))) or "codes and numbers that name nobody")


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
