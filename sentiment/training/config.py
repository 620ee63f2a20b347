"""The one file that says how a model is trained; standard.toml explains every value."""

from pathlib import Path

import msgspec
from msgspec import Struct

from sentiment.training import TrainingError

FOLDER = Path(__file__).parent
STANDARD = FOLDER / "standard.toml"
FURTHER = FOLDER / "further.toml"
LICENSED = FOLDER / "licensed.toml"


class ConfigInvalid(TrainingError):
    """A configuration cannot be used; the message names the file and the value."""

    code = "training_config_invalid"


class Schedule(Struct, frozen=True, forbid_unknown_fields=True):
    """Learning rates rise for `warm_up_steps`, stay, and fall to zero over the last `cool_down_steps`."""

    steps: int
    warm_up_steps: int
    cool_down_steps: int
    learning_rate: float
    head_learning_rate: float
    layer_decay: float
    weight_decay: float
    largest_gradient: float
    average_decay: float
    tokens_per_batch: int
    checkpoint_minutes: float
    watch_steps: int
    watch_rows: int

    def __post_init__(self) -> None:
        if not 0 < self.warm_up_steps + self.cool_down_steps <= self.steps:
            raise ValueError("warm_up_steps and cool_down_steps must fit into steps")
        if self.tokens_per_batch < 1 or self.checkpoint_minutes <= 0 or self.watch_steps < 1:
            raise ValueError("tokens_per_batch, checkpoint_minutes and watch_steps must be positive")
        if not (0 <= self.average_decay < 1 and 0 < self.layer_decay <= 1):
            raise ValueError("average_decay and layer_decay must be below, or up to, 1")


class AspectWeights(Struct, frozen=True, forbid_unknown_fields=True):
    """How much one mention, and one negative opinion, of an aspect counts against its opposite."""

    mentioned: float = 2.0
    negative: float = 1.0


class Loss(Struct, frozen=True, forbid_unknown_fields=True):
    """Weights of the parts of the loss; the likelihood of the stars has weight 1."""

    ordinal: float
    mentioned: float
    polarity: float
    weak: float
    aspects: dict[str, AspectWeights]


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """`rows` says how many rows of each file a pass takes; `aspects` is the order of the outputs."""

    name: str
    seed: int
    max_tokens: int
    layers: int
    aspects: list[str]
    own_examples: int
    schedule: Schedule
    loss: Loss
    rows: dict[str, int]

    def __post_init__(self) -> None:
        if unknown := set(self.loss.aspects) - set(self.aspects):
            raise ValueError(f"loss.aspects names unknown aspects: {', '.join(sorted(unknown))}")
        if self.own_examples < 0 or min(self.rows.values(), default=0) < 0:
            raise ValueError("numbers of rows cannot be negative")


def read_config(path: Path) -> Config:
    """The configuration in a TOML file; raises `ConfigInvalid` and `OSError`."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Config)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{path}: {error}") from error
