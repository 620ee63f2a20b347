"""A tiny network is trained for a few steps, stopped and resumed. Needs torch."""

import json
from pathlib import Path
from shutil import copytree

import msgspec
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'regulars[train]'")

from transformers import BertModel  # noqa: E402

from sentiment.training import checkpoint  # noqa: E402
from sentiment.training.base import BaseInvalid  # noqa: E402
from sentiment.training.config import STANDARD, read_config  # noqa: E402
from sentiment.training.encoder import Outputs, read_base  # noqa: E402
from sentiment.training.examples import own_examples  # noqa: E402
from sentiment.training.loss import losses, ordinal_loss, star_loss  # noqa: E402
from sentiment.training.run import Run, put  # noqa: E402
from sentiment.training.targets import Example, targets  # noqa: E402
from sentiment.types import ASPECTS  # noqa: E402
from tests.unit.sentiment.training.tiny import tiny  # noqa: E402


def go(run: Run, until: int = 10**6) -> list[int]:
    """Trains until a step; returns the steps that were reported."""
    steps: list[int] = []
    run.train(lambda step, total, note: steps.append(step), lambda: bool(steps) and steps[-1] >= until)
    return steps


def test_the_network_is_the_bert_that_it_was_read_from(base: Path) -> None:
    network = read_base(base, 2, len(ASPECTS), seed=1).eval()
    reference = BertModel.from_pretrained(base, add_pooling_layer=False).eval()
    ids, mask = torch.randint(4, 300, (3, 17)), torch.ones(3, 17, dtype=torch.long)
    mask[1, 9:] = 0
    with torch.no_grad():
        states = reference(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
        middle, pooled = (
            (states[layer] * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)
            for layer in (network.embedded_layers, len(network.layers))
        )
        wanted = torch.nn.functional.normalize(middle)
        for network.plain in (False, True):
            outputs = network(ids, mask)
            assert torch.allclose(outputs.embeddings, wanted, atol=1e-5)
            assert torch.allclose(outputs.stars, network.stars(pooled), atol=1e-5)


def test_a_base_without_a_weight_is_refused(base: Path) -> None:
    with pytest.raises(BaseInvalid, match=r"layers\.2"):
        read_base(base, 3, len(ASPECTS), seed=1)


def test_heads_start_from_the_seed(base: Path) -> None:
    one, same, other = (read_base(base, 2, len(ASPECTS), seed).stars.weight for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)


@pytest.mark.parametrize("inside", ["", "rows"])
def test_a_run_learns_and_ends_with_its_schedule(inside: str, data: Path, base: Path, tmp_path: Path) -> None:
    if inside:
        data = copytree(data, tmp_path / "data" / inside).parent
    run = Run(data, base, tmp_path, tiny(steps=60, watch_steps=30))
    before = run.watch()
    assert go(run) == list(range(1, 61))
    after = run.watch()
    assert after.total(run.config.loss) < before.total(run.config.loss)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [(line["step"], line["rows"]) for line in lines] == [
        (25, "train"),
        (30, "dev"),
        (50, "train"),
        (60, "dev"),
    ]
    assert go(Run(data, base, tmp_path, tiny(steps=60), cool_down=True)) == []


def test_words_and_positions_do_not_learn(data: Path, base: Path, tmp_path: Path) -> None:
    run = Run(data, base, tmp_path, tiny())
    before = {name: weight.detach().clone() for name, weight in run.network.named_parameters()}
    go(run)
    moved = {name for name, weight in run.network.named_parameters() if not torch.equal(weight, before[name])}
    frozen = {"words.weight", "positions", "types", "norm.weight", "norm.bias"}
    assert set(before) - moved == frozen


def test_a_stopped_run_goes_on_as_if_it_had_not_been(data: Path, base: Path, tmp_path: Path) -> None:
    whole = Run(data, base, tmp_path / "whole", tiny())
    go(whole)
    assert go(Run(data, base, tmp_path / "parts", tiny()), until=3) == [1, 2, 3]
    assert go(Run(data, base, tmp_path / "parts", tiny()), until=6) == [4, 5, 6]
    parts = Run(data, base, tmp_path / "parts", tiny())
    assert go(parts) == [7, 8]
    for name, weight in whole.network.trained().items():
        assert torch.equal(weight, parts.network.trained()[name]), name
        assert torch.equal(whole.average[name], parts.average[name]), name


def test_cooling_down_leaves_the_run_to_go_on(data: Path, base: Path, tmp_path: Path) -> None:
    go(Run(data, base, tmp_path, tiny()), until=3)
    cooled = Run(data, base, tmp_path, tiny(), cool_down=True)
    assert go(cooled) == [4, 5, 6]
    assert cooled.optimiser.param_groups[0]["lr"] == pytest.approx(1e-3 / 3)
    assert checkpoint.load(tmp_path / checkpoint.CHECKPOINT_FILE).place.step == 3
    assert checkpoint.load(tmp_path / checkpoint.COOLING_FILE).place.step == 6
    assert go(Run(data, base, tmp_path, tiny(), cool_down=True)) == []
    # Trained on, it is cooled down again from where it is then.
    assert go(Run(data, base, tmp_path, tiny()), until=4) == [4]
    assert go(Run(data, base, tmp_path, tiny(), cool_down=True)) == [5, 6, 7]


def test_other_rows_start_a_new_pass(data: Path, base: Path, tmp_path: Path) -> None:
    go(Run(data, base, tmp_path, tiny()), until=2)
    more = msgspec.structs.replace(tiny(), rows={"few": 61})
    run = Run(data, base, tmp_path, more)
    assert (run.place.step, run.place.passes, run.place.batch) == (2, 1, 0)


def test_a_checkpoint_of_another_network_is_refused(data: Path, base: Path, tmp_path: Path) -> None:
    go(Run(data, base, tmp_path, tiny()), until=1)
    with pytest.raises(checkpoint.CheckpointInvalid, match="another network"):
        Run(data, base, tmp_path, msgspec.structs.replace(tiny(), layers=1))


def test_loss_of_stars() -> None:
    logits = torch.zeros(4, 5)
    allowed = torch.tensor([[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [0, 0, 0, 1, 1], [1, 1, 1, 1, 1]]).bool()
    assert star_loss(logits, allowed).tolist() == pytest.approx(np.log([5, 2.5, 2.5, 1]), abs=1e-6)
    # 0.2, 0.4, 0.6, 0.8 against 1, 1, 1, 1; against ?, 1, 1, 1; against 0, 0, 0, ?; against nothing.
    expected = [0.64 + 0.36 + 0.16 + 0.04, 0.36 + 0.16 + 0.04, 0.04 + 0.16 + 0.36, 0]
    assert ordinal_loss(logits, allowed).tolist() == pytest.approx(expected, abs=1e-6)
    logits.requires_grad = True
    star_loss(logits, allowed).sum().backward()
    assert torch.isfinite(logits.grad).all()


def test_loss_of_aspects_counts_only_what_was_looked_for() -> None:
    config = read_config(STANDARD)
    [row] = [own for own in own_examples() if own.id == "own-en-1"]
    unknown = msgspec.structs.replace(row, annotated=None)
    nothing = Outputs(torch.zeros(1, 5), torch.zeros(1, 16), torch.zeros(1, 4))
    assert losses(nothing, targets([Example(unknown)], ASPECTS, config.loss)).mentioned == 0
    found = losses(nothing, targets([Example(row)], ASPECTS, config.loss))
    weight = config.loss.aspects["usability"]
    assert float(found.mentioned) == pytest.approx((7 + weight.mentioned) * np.log(2))
    assert float(found.polarity) == pytest.approx(weight.negative * np.log(2))


def test_weights_are_put_whole_or_not_at_all(base: Path) -> None:
    network = read_base(base, 2, len(ASPECTS), seed=1)
    weights = dict(network.trained())
    weights.pop("stars.bias")
    with pytest.raises(checkpoint.CheckpointInvalid, match="another network"):
        put(network, weights)
