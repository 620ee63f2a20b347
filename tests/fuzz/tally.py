"""What was sent and what was answered: counted, and looked at for what must never be."""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import httpx

SHOWN_CHARS = 400

Fault = Literal["5xx", "leaks", "changes_by_denied_calls", "crashes"]


@dataclass
class Tally:
    """Counts of one run. `secrets`: what is another merchant's and must be in no answer."""

    secrets: Collection[str] = ()
    operations: set[str] = field(default_factory=set)
    requests: int = 0
    by_status: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[Fault, str]] = field(default_factory=list)
    files: int = 0

    def note(self, operation: str, request: httpx.Request, answer: httpx.Response) -> None:
        """One answer."""
        self.operations.add(operation)
        self.requests += 1
        self.by_status[f"{answer.status_code // 100}xx"] += 1
        told = f"{operation}: {_told(request)} -> {answer.status_code} {answer.text[:SHOWN_CHARS]}"
        # 503 is an answer of its own: the request may be sent again.
        if answer.status_code >= 500:
            self.fault("5xx", told)
        asked = str(request.url) + _text(request.content)
        said = answer.text + str(answer.headers)
        if leaked := [each for each in self.secrets if each in said and each not in asked]:
            self.fault("leaks", f"{leaked}: {told}")

    def fault(self, kind: Fault, told: str) -> None:
        """Something that must not be."""
        self.faults.append((kind, told))

    def write(self, file: Path, seed: int) -> None:
        """fuzz.json."""
        what: dict[str, Any] = {
            "seed": seed,
            "operations": len(self.operations),
            "requests": self.requests,
            "by_status": dict(sorted(self.by_status.items())),
            "files": self.files,
            **{kind: sum(each == kind for each, _ in self.faults) for kind in get_args(Fault)},
            "faults": self.faults[:100],
        }
        file.write_text(json.dumps(what, indent=2, ensure_ascii=True) + "\n")


def _told(request: httpx.Request) -> str:
    return f"{request.method} {str(request.url)[:SHOWN_CHARS]} {_text(request.content)[:SHOWN_CHARS]}"


def _text(content: bytes) -> str:
    return content.decode(errors="backslashreplace")
