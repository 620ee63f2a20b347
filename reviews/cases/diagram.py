"""The state machine drawn (Mermaid); `python -m reviews.cases.diagram` writes it into docs/cases.md."""

from pathlib import Path

from reviews.cases import machine

DOCUMENT = Path(__file__).parents[2] / "docs" / "cases.md"
BEGIN = "<!-- states: written by python -m reviews.cases.diagram -->"
END = "<!-- end of states -->"


def drawing() -> str:
    """States as boxes, deeds on the arrows; what leaves a state as it is, is not drawn."""
    deeds: dict[tuple[str, str], list[str]] = {}
    for deed, moves in machine.TRANSITIONS.items():
        for state, to in _grouped(moves):
            deeds.setdefault((state, to), []).append(deed)
    arrows = [f"    {state} --> {to}: {', '.join(names)}" for (state, to), names in deeds.items()]
    return "\n".join(
        [
            "```mermaid",
            "stateDiagram-v2",
            "    [*] --> new",
            "    [*] --> triaged",
            "    [*] --> assigned",
            "    state open {",
            *(f"        {state}" for state in machine.OPEN),
            "    }",
            *arrows,
            "```",
        ]
    )


def _grouped(moves: object) -> list[tuple[str, str]]:
    """Arrows of one deed: one from all open states together where every open state leads to the same."""
    assert isinstance(moves, dict)
    targets = {moves.get(state) for state in machine.OPEN}
    drawn = [(state, to) for state, to in moves.items() if state != to]
    if len(targets) == 1 and None not in targets:
        to = next(iter(targets))
        return [("open", str(to)), *((state, to) for state, to in drawn if state not in machine.OPEN)]
    return drawn


def written(document: str) -> str:
    """The document with the present drawing between its marks."""
    before, rest = document.split(BEGIN)
    return f"{before}{BEGIN}\n{drawing()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text("utf-8")), "utf-8")
