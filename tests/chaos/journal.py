"""What clients were told: one line for each acknowledged request, on disk before the next one is sent."""

import json
from collections import Counter
from pathlib import Path
from typing import Any


class Journal:
    """All clients write into one; `said` has its lines, for the verifier."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("w", buffering=1)
        self.said: list[dict[str, Any]] = []
        self.refused: Counter[str] = Counter()
        """By the code of the answer."""
        self.tries: Counter[str] = Counter()
        """Why requests were sent once more."""
        self.open = 0
        """Requests on their way."""

    def say(self, op: str, mark: str, **more: Any) -> None:
        """A request was acknowledged; see tests.chaos.verifier.promises."""
        line = {"op": op, "mark": mark, **more}
        self.said.append(line)
        self._file.write(json.dumps(line) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def counts(self) -> dict[str, int]:
        """Acknowledged requests by what they did."""
        return dict(sorted(Counter(line["op"] for line in self.said).items()))
