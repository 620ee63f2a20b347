"""A run on disk: everything that is needed to go on as if it had never stopped. Needs torch."""

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from sentiment.training import TrainingError

CHECKPOINT_FILE = "checkpoint.pt"
# A run that is being cooled down keeps a file of its own: the other can still be trained on.
COOLING_FILE = "cooling.pt"


class CheckpointInvalid(TrainingError):
    """A checkpoint is not one of this run."""

    code = "checkpoint_invalid"


@dataclass
class Place:
    """Where a run is: steps done; the pass, from 0, and the batches of it that are done; when cooling began.

    `cpu_s` is the processor time spent so far, of all threads.
    """

    step: int = 0
    passes: int = 0
    batch: int = 0
    cooling_since: int | None = None
    cpu_s: float = 0.0


@dataclass(frozen=True)
class Checkpoint:
    """The weights that training changes, their running average, and the optimiser's state."""

    place: Place
    fingerprint: str
    weights: dict[str, Tensor]
    average: dict[str, Tensor]
    optimiser: dict


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Writes the file whole or not at all."""
    partial = path.with_suffix(".partial")
    fields = {name: getattr(checkpoint, name) for name in ("fingerprint", "weights", "average", "optimiser")}
    torch.save(fields | {"place": asdict(checkpoint.place)}, partial)
    partial.replace(path)


def load(path: Path) -> Checkpoint:
    """Reads a file that `save` wrote; nothing in it is executed."""
    fields = torch.load(path, weights_only=True)
    return Checkpoint(**(fields | {"place": Place(**fields["place"])}))
