"""chaos.json, and what people read at the end."""

import json
import statistics
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from tests.chaos.faults import Done
from tests.chaos.journal import Journal
from tests.chaos.verifier import Finding
from tests.chaos.verifier.findings import Kind

KINDS: tuple[Kind, ...] = get_args(Kind)
MOST_FINDINGS = 200


def figures(
    seed: int,
    seconds: float,
    rounds: int,
    done: Done,
    journal: Journal,
    found: Sequence[Finding],
    parked: int,
) -> dict[str, Any]:
    """All that is written down."""
    by_kind = Counter(each.kind for each in found)
    counts = journal.counts()
    return {
        "seed": seed,
        "seconds": round(seconds),
        "rounds": rounds,
        "kills": {"total": done.kills.total(), **dict(sorted(done.kills.items()))},
        "connections_cut": done.cuts,
        "clock_jumps": done.clock_jumps,
        "requests_acknowledged": sum(counts.values()),
        "acknowledged": counts,
        "refused": dict(sorted(journal.refused.items())),
        "asked_again": dict(sorted(journal.tries.items())),
        **{kind: by_kind[kind] for kind in KINDS},
        "parked": parked,
        "recovery_s": _recovery(done),
        "findings": [each._asdict() for each in found[:MOST_FINDINGS]],
    }


def _recovery(done: Done) -> dict[str, Any]:
    every = [seconds for each in done.recovery_s.values() for seconds in each]
    return {**_spread(every), "by_target": {name: _spread(each) for name, each in done.recovery_s.items()}}


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    if not seconds:
        return {}
    return {"p50": round(statistics.median(seconds), 1), "max": round(max(seconds), 1)}


def write(file: Path, what: dict[str, Any]) -> None:
    """One JSON object, readable."""
    file.write_text(json.dumps(what, indent=2) + "\n")


def said(what: dict[str, Any]) -> str:
    """The figures in a few lines."""
    shown = [f"{name:22}{json.dumps(what[name])}" for name in what if name not in ("findings", "refused")]
    found = [f"  {each['kind']}: {each['what']} ({each['subject']})" for each in what["findings"][:20]]
    return "\n".join([*shown, *found])
