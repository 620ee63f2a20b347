"""The training run: from a base and rows to weights. Needs torch."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from msgspec import Struct
from tokenizers import Tokenizer

from sentiment.model_file import TOKENIZER_FILE, read
from sentiment.pieces import padded
from sentiment.rows import Row, in_fitting_half, read_file, rows_folder
from sentiment.text import joined
from sentiment.training import TrainingError, checkpoint, schedule
from sentiment.training.batches import batches_of_pass
from sentiment.training.checkpoint import CHECKPOINT_FILE, COOLING_FILE, Checkpoint, CheckpointInvalid, Place
from sentiment.training.config import Config
from sentiment.training.encoder import ReviewNetwork, read_base
from sentiment.training.loss import Losses, losses
from sentiment.training.mixture import Pool, examples_of_pass, read_pool
from sentiment.training.rounded import read_rounded
from sentiment.training.targets import Example, Targets, targets
from sentiment.types import Text

LOG_FILE = "log.jsonl"
LOG_STEPS = 25


class ModelUnfit(TrainingError):
    """A run cannot begin with a model; the message says why."""

    code = "model_unfit"


OnStep = Callable[[int, int, str], None]
"""Called with the steps done, the steps in all, and what is going on."""


class Ended(Struct, frozen=True):
    """How a run ended: the steps done, and whether it is finished or only stopped."""

    steps: int
    finished: bool


@dataclass(frozen=True)
class Material:
    """Examples ready for the network."""

    ids: list[list[int]]
    targets: Targets

    def batch(self, rows: list[int]) -> tuple[torch.Tensor, torch.Tensor, Targets]:
        """Token ids, mask and targets of some examples."""
        tokens, mask = padded([self.ids[row] for row in rows])
        return torch.from_numpy(tokens), torch.from_numpy(mask), self.targets.take(rows)


class Run:
    """One run in one folder; goes on where its last checkpoint is.

    A run begins with the weights of the base, or of a `model` folder that came out of a run before; it goes
    on with its own.
    """

    def __init__(
        self,
        data: Path,
        base: Path,
        out: Path,
        config: Config,
        cool_down: bool = False,
        model: Path | None = None,
    ) -> None:
        self.config, self.out = config, out
        self.pool: Pool = read_pool(data, config)
        self.tokenizer = open_tokenizer(base, config)
        self.network = read_base(base, config.layers, len(config.aspects), config.seed)
        if model and not (out / CHECKPOINT_FILE).is_file():
            begin_with(self.network, model, base, config)
        self.average = {name: weight.detach().clone() for name, weight in self.network.trained().items()}
        self.optimiser = torch.optim.AdamW(
            parameter_groups(self.network, config), weight_decay=config.schedule.weight_decay, fused=True
        )
        self.place = Place()
        self.unlogged: list[Losses] = []
        self.counted_cpu_s = time.process_time()
        self.watched = self._material([Example(row) for row in watched_rows(data, config)])
        self._resume(cool_down)

    def train(self, on_step: OnStep, should_stop: Callable[[], bool]) -> Ended:
        """Trains until the schedule or somebody says stop; a checkpoint is written every few minutes."""
        saved = time.monotonic()
        while self.place.step < self._last_step():
            for rows, material in self._batches():
                parts = self._step(*material.batch(rows))
                on_step(
                    self.place.step, self._last_step(), f"loss {float(parts.total(self.config.loss)):.3f}"
                )
                self._write_log(parts)
                if self._should_cool():
                    self._save()
                    self.place.cooling_since = self.place.step
                finished = self.place.step >= self._last_step()
                late = time.monotonic() - saved > 60 * self.config.schedule.checkpoint_minutes
                if finished or late or should_stop():
                    self._save()
                    saved = time.monotonic()
                if finished or should_stop():
                    return Ended(self.place.step, finished)
        return Ended(self.place.step, True)

    def _batches(self) -> Iterator[tuple[list[int], Material]]:
        """The rest of the pass; the place is moved after each batch."""
        config, number = self.config, self.place.passes
        material = self._material(examples_of_pass(self.pool, config, number))
        lengths = [len(ids) for ids in material.ids]
        batches = batches_of_pass(lengths, config.schedule.tokens_per_batch, [config.seed, number])
        for rows in batches[self.place.batch :]:
            self.place.batch += 1
            yield rows, material
        self.place.passes, self.place.batch = number + 1, 0

    def _step(self, ids: torch.Tensor, mask: torch.Tensor, wanted: Targets) -> Losses:
        config = self.config.schedule
        share = schedule.rate(self.place.step, config, self.place.cooling_since)
        for group in self.optimiser.param_groups:
            group["lr"] = group["full_rate"] * share
        parts = losses(self.network(ids, mask), wanted)
        parts.total(self.config.loss).backward()
        trained = self.network.trained()
        torch.nn.utils.clip_grad_norm_(trained.values(), config.largest_gradient)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        new = 1 - schedule.average_decay(self.place.step, config)
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.values()), list(trained.values()), new)
        self.place.step += 1
        return Losses(*(part.detach() for part in parts))

    def _should_cool(self) -> bool:
        plan = self.config.schedule
        return self.place.cooling_since is None and self.place.step >= plan.steps - plan.cool_down_steps

    def _last_step(self) -> int:
        return schedule.last_step(self.config.schedule, self.place.cooling_since)

    def watch(self) -> Losses:
        """The losses of the averaged weights on the dev rows that are watched."""
        with torch.no_grad(), averaged(self.network, self.average):
            lengths = [len(ids) for ids in self.watched.ids]
            found = []
            for rows in batches_of_pass(lengths, self.config.schedule.tokens_per_batch, [0]):
                ids, mask, wanted = self.watched.batch(rows)
                found.append([float(part) * len(rows) for part in losses(self.network(ids, mask), wanted)])
        return Losses(*(torch.tensor(total / len(lengths)) for total in np.sum(found, axis=0)))

    def _write_log(self, parts: Losses) -> None:
        lines = []
        self.unlogged.append(parts)
        if self.place.step % LOG_STEPS == 0:
            lines.append(
                ("train", Losses(*(torch.stack(part).mean() for part in zip(*self.unlogged, strict=True))))
            )
            self.unlogged = []
        if self.place.step % self.config.schedule.watch_steps == 0 and self.watched.ids:
            lines.append(("dev", self.watch()))
        with (self.out / LOG_FILE).open("a", encoding="utf-8") as file:
            for kind, found in lines:
                figures = {name: round(float(value), 4) for name, value in found._asdict().items()}
                place = {"step": self.place.step, "pass": self.place.passes, "rows": kind}
                file.write(json.dumps(place | figures) + "\n")

    def _material(self, examples: list[Example]) -> Material:
        ids = token_ids(self.tokenizer, examples)
        return Material(ids, targets(examples, self.config.aspects, self.config.loss))

    def _save(self) -> None:
        now = time.process_time()
        self.place.cpu_s, self.counted_cpu_s = self.place.cpu_s + now - self.counted_cpu_s, now
        state = Checkpoint(
            self.place,
            self.pool.fingerprint,
            self.network.trained(),
            self.average,
            self.optimiser.state_dict(),
        )
        name = CHECKPOINT_FILE if self.place.cooling_since is None else COOLING_FILE
        checkpoint.save(self.out / name, state)

    def _resume(self, cool_down: bool) -> None:
        self.out.mkdir(parents=True, exist_ok=True)
        if (self.out / CHECKPOINT_FILE).is_file():
            self._take(checkpoint.load(self.out / CHECKPOINT_FILE))
        if cool_down or self._should_cool():
            begun = self.place.step
            if (self.out / COOLING_FILE).is_file():
                cooling = checkpoint.load(self.out / COOLING_FILE)
                # Otherwise the run was trained on after it had been cooled down.
                if cooling.place.cooling_since == begun:
                    self._take(cooling)
            self.place.cooling_since = begun

    def _take(self, found: Checkpoint) -> None:
        put(self.network, found.weights)
        self.average = found.average
        self.optimiser.load_state_dict(found.optimiser)
        self.place = found.place
        if found.fingerprint != self.pool.fingerprint:
            # The order of the old rows means nothing for the new ones.
            self.place.passes, self.place.batch = self.place.passes + 1, 0


def open_tokenizer(base: Path, config: Config) -> Tokenizer:
    """The tokenizer of a base, which cuts texts as the configuration says."""
    tokenizer = Tokenizer.from_file(str(base / TOKENIZER_FILE))
    tokenizer.no_padding()
    tokenizer.enable_truncation(config.max_tokens)
    return tokenizer


def token_ids(tokenizer: Tokenizer, examples: Sequence[Example]) -> list[list[int]]:
    """What the network reads of each example."""
    lines = [joined(Text(example.row.text, example.row.title)) for example in examples]
    return [encoded.ids for encoded in tokenizer.encode_batch(lines)]


def begin_with(network: ReviewNetwork, model: Path, base: Path, config: Config) -> None:
    """Puts the weights of an exported model into the network.

    Raises `ModelError` for a folder that holds none, `ModelUnfit` for one of other aspects, words or layers.
    """
    found = read(model)
    if found.aspects != config.aspects:
        raise ModelUnfit(f"{model} knows other aspects than the configuration, or in another order")
    if found.sha256[TOKENIZER_FILE] != hashlib.sha256((base / TOKENIZER_FILE).read_bytes()).hexdigest():
        raise ModelUnfit(f"{model} has another tokenizer than {base}, so its weights know other words")
    try:
        put(network, read_rounded(model))
    except CheckpointInvalid as error:
        raise ModelUnfit(f"{model} has other layers than {base} and the configuration") from error


def parameter_groups(network: ReviewNetwork, config: Config) -> list[dict]:
    """The heads, then the layers from the top: the deeper, the slower; `full_rate` is kept beside `lr`."""
    plan = config.schedule
    groups = [([*network.stars.parameters(), *network.aspects.parameters()], plan.head_learning_rate)]
    for depth, layer in enumerate(reversed(network.layers)):
        groups.append(([*layer.parameters()], plan.learning_rate * plan.layer_decay**depth))
    return [{"params": params, "lr": rate, "full_rate": rate} for params, rate in groups]


def watched_rows(data: Path, config: Config) -> list[Row]:
    """Dev rows to watch the loss on, of the half that calibration uses: the other half only measures."""
    rows = [
        row
        for name in config.rows
        for row in read_file(rows_folder(data) / f"{name}.jsonl.gz", "dev")
        if in_fitting_half(row)
    ]
    count = min(config.schedule.watch_rows, len(rows))
    picked = np.random.default_rng(config.seed).choice(len(rows), count, replace=False)
    return [rows[index] for index in picked]


def put(network: ReviewNetwork, weights: dict[str, torch.Tensor]) -> None:
    """Copies weights into the network; raises `CheckpointInvalid` unless they are those it trains."""
    trained = network.trained()
    if {name: weight.shape for name, weight in weights.items()} != {
        name: weight.shape for name, weight in trained.items()
    }:
        raise CheckpointInvalid("the checkpoint belongs to another network: other layers, aspects or base")
    with torch.no_grad():
        for name, weight in trained.items():
            weight.copy_(weights[name])


@contextmanager
def averaged(network: ReviewNetwork, average: dict[str, torch.Tensor]) -> Iterator[None]:
    """The network with averaged weights for a while."""
    current = {name: weight.detach().clone() for name, weight in network.trained().items()}
    put(network, average)
    try:
        yield
    finally:
        put(network, current)


def prepare(threads: int) -> None:
    """Sets torch up for this process: its threads, and no slow arithmetic on numbers that are almost 0."""
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
