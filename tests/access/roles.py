"""The table of roles in docs/security.md: ``python -m tests.access.roles`` writes it."""

import re
from pathlib import Path

from core.people.roles import PERMISSIONS, ROLES

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
_PLACE = re.compile(r"(<!-- roles: [^\n]*-->\n).*?(<!-- end of roles -->)", re.DOTALL)


def table() -> str:
    """Permissions by role, as the code has them."""
    head = ["permission", *(role.replace("_", " ") for role in ROLES)]
    lines = [head, ["---"] * len(head)]
    lines += [[name, *("yes" if role in may else "" for role in ROLES)] for name, may in PERMISSIONS.items()]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def written(text: str) -> str:
    """The page with today's table."""
    return _PLACE.sub(lambda found: f"{found[1]}\n{table()}\n{found[2]}", text)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
