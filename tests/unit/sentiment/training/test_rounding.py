"""Weights become whole numbers and are read back; the network says nearly the same. Needs torch."""

from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING

import msgspec
import pytest

REASON = "training needs torch: pip install 'regulars[train]'"
torch = pytest.importorskip("torch", reason=REASON)
onnx = pytest.importorskip("onnx", reason=REASON)

from sentiment.model_file import DEFAULT_FOLDER, MODEL_FILE, TOKENIZER_FILE, read  # noqa: E402
from sentiment.training.encoder import ReviewNetwork, Shape, read_base  # noqa: E402
from sentiment.training.export import export, quantise, write_network  # noqa: E402
from sentiment.training.rounded import PlacesUnknown, read_rounded, write_rounded  # noqa: E402
from sentiment.training.rounding import (  # noqa: E402
    LARGEST,
    Rounded,
    RoundingFailed,
    linears,
    measure_inputs,
    rounded,
    shrink_inputs,
    shrink_of,
)
from sentiment.training.run import ModelUnfit, Run, put  # noqa: E402
from sentiment.types import ASPECTS  # noqa: E402
from tests.unit.sentiment.training.tiny import tiny  # noqa: E402

if TYPE_CHECKING:
    from torch import Tensor

    Batch = tuple[Tensor, Tensor]


@pytest.fixture(scope="module")
def exported(data: Path, base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    Run(data, base, folder / "run", tiny(steps=6)).train(lambda *_: None, lambda: False)
    export(folder / "run", base, data, folder / "model", tiny())
    return folder / "model"


@pytest.fixture
def network(base: Path) -> ReviewNetwork:
    """One whose wide layers have an output that is always large, as a trained one's have."""
    network = read_base(base, 2, len(ASPECTS), seed=1).eval()
    torch.manual_seed(2)
    with torch.no_grad():
        for name, weight in network.trained().items():
            if name.endswith("bias"):
                weight.normal_(0, 0.02)
        for layer in network.layers:
            layer.wide.bias[5] = 40.0
    return network


@pytest.fixture
def batch() -> "Batch":
    torch.manual_seed(4)
    mask = torch.ones(8, 20, dtype=torch.long)
    mask[::2, 12:] = 0
    return torch.randint(4, 300, (8, 20)), mask


def test_inputs_are_those_of_the_tokens_that_are_there(network: ReviewNetwork, batch: "Batch") -> None:
    inputs = measure_inputs(network, [batch])
    assert len(inputs) == 2 * 6
    ids, mask = batch
    with torch.no_grad():
        given = network.norm(network.words(ids) + network.positions[:20] + network.types[0])[mask.bool()]
    assert torch.allclose(inputs["layers.0.query"].largest, given.abs().max(0).values, atol=1e-5)
    assert torch.allclose(inputs["layers.0.key"].moments, (given.T @ given).double(), atol=1e-3)
    assert not any(module._forward_pre_hooks for module in network.modules())


def test_a_shrunk_network_says_the_same_of_smaller_inputs(network: ReviewNetwork, batch: "Batch") -> None:
    before = measure_inputs(network, [batch])
    with torch.no_grad():
        wanted = network(*batch)
        expected = shrink_inputs(network, before)
        found = network(*batch)
    for one, other in zip(found, wanted, strict=True):
        assert torch.allclose(one, other, atol=1e-4)
    with torch.no_grad():
        narrow = dict(linears(network))["layers.1.narrow"]
        given: list[Tensor] = []
        watch = narrow.register_forward_pre_hook(lambda module, args: given.append(args[0] * module.shrink))
        network(*batch)
        watch.remove()
    seen = given[0][batch[1].bool()]
    assert torch.allclose(expected["layers.1.narrow"].moments, (seen.T @ seen).double(), rtol=1e-3, atol=1e-2)
    assert seen.abs().max() < before["layers.1.narrow"].largest.max() / 2


def test_only_what_is_larger_than_ordinary_is_shrunk() -> None:
    shrink = shrink_of(torch.tensor([1.0] * 19 + [30.0]))
    assert shrink.tolist() == pytest.approx([1.0] * 19 + [30**-0.7])


def test_an_error_is_made_up_for_where_inputs_rise_and_fall_together() -> None:
    torch.manual_seed(5)
    weight = torch.randn(16, 48)
    inputs = torch.randn(2000, 12) @ torch.randn(12, 48) + 0.1 * torch.randn(2000, 48)
    found = rounded(weight, (inputs.T @ inputs).double())
    scale = weight.abs().max(1).values / LARGEST
    assert torch.allclose(found.scale, scale) and found.numbers.abs().max() <= LARGEST
    nearest = (weight / scale[:, None]).round() * scale[:, None]
    ours = found.numbers * found.scale[:, None]
    error, worse = ((inputs @ (other - weight).T).square().mean() for other in (ours, nearest))
    assert error < worse / 2


def test_inputs_that_have_nothing_to_do_with_each_other_round_to_the_nearest() -> None:
    torch.manual_seed(6)
    weight = torch.randn(4, 10)
    found = rounded(weight, torch.eye(10, dtype=torch.double))
    assert torch.equal(found.numbers, (weight / found.scale[:, None]).round().to(torch.int8))


def test_a_layer_without_weights_and_inputs_rounds_to_nothing() -> None:
    assert not rounded(torch.zeros(3, 4), torch.zeros(4, 4, dtype=torch.double)).numbers.any()


def test_what_was_never_given_is_not_shrunk_and_what_is_no_number_is_refused() -> None:
    assert shrink_of(torch.zeros(5)).tolist() == [1.0] * 5
    for weight, moments in ((float("nan"), 1.0), (1.0, float("inf"))):
        with pytest.raises(RoundingFailed, match="not finite"):
            rounded(torch.full((2, 3), weight), torch.full((3, 3), moments, dtype=torch.double))


@pytest.fixture
def written(network: ReviewNetwork, batch: "Batch", tmp_path: Path) -> tuple[Path, dict[str, Rounded]]:
    """A folder with an 8-bit network, and the whole numbers that were put into it."""
    inputs = shrink_inputs(network, measure_inputs(network, [batch]))
    weights = {name: rounded(linear.weight, inputs[name].moments) for name, linear in linears(network)}
    write_network(network, tmp_path / "precise.onnx")
    quantise(tmp_path / "precise.onnx", tmp_path / MODEL_FILE)
    write_rounded(tmp_path / MODEL_FILE, weights)
    return tmp_path, weights


def test_what_is_written_is_what_is_read(
    network: ReviewNetwork, written: tuple[Path, dict[str, Rounded]]
) -> None:
    folder, weights = written
    found = read_rounded(folder)
    layers = dict(linears(network))
    assert min(layers["layers.0.narrow"].shrink) < 0.3
    for name, each in weights.items():
        wanted = each.numbers * each.scale[:, None] * getattr(layers[name], "shrink", torch.ones(1))
        assert torch.allclose(found[f"{name}.weight"], wanted, rtol=1e-6), name
        assert torch.equal(found[f"{name}.bias"], layers[name].bias.detach()), name
    wide = weights["layers.1.wide"]
    nearest = (layers["layers.1.wide"].weight / wide.scale[:, None]).round()
    assert not torch.equal(nearest, wide.numbers.float())


def test_a_layer_that_is_not_in_the_file_is_not_left_out_in_silence(
    written: tuple[Path, dict[str, Rounded]],
) -> None:
    folder, weights = written
    before = (folder / MODEL_FILE).read_bytes()
    more = weights | {"layers.7.wide": weights["layers.1.wide"]}
    with pytest.raises(PlacesUnknown, match=r"layers\.7\.wide"):
        write_rounded(folder / MODEL_FILE, more)
    narrower = Rounded(torch.zeros(64, 8, dtype=torch.int8), torch.ones(64))
    with pytest.raises(PlacesUnknown, match="shape"):
        write_rounded(folder / MODEL_FILE, weights | {"layers.1.wide": narrower})
    assert (folder / MODEL_FILE).read_bytes() == before


def test_training_goes_on_from_an_exported_model(data: Path, base: Path, tmp_path: Path) -> None:
    first = Run(data, base, tmp_path / "first", tiny(steps=60))
    first.train(lambda *_: None, lambda: False)
    model = tmp_path / "model"
    export(tmp_path / "first", base, data, model, tiny())
    weights = read_rounded(model)
    assert set(weights) == set(first.average)
    for name, weight in weights.items():
        away = (weight - first.average[name]).norm() / first.average[name].norm().clamp(min=1e-6)
        assert away < (0.03 if name.endswith("weight") else 1e-5), name
    fresh, further = (
        Run(data, base, tmp_path / name, tiny(), model=begun)
        for name, begun in (("fresh", None), ("further", model))
    )
    learnt, gone_on, new = (float(run.watch().total(run.config.loss)) for run in (first, further, fresh))
    assert gone_on == pytest.approx(learnt, rel=0.02) and gone_on < 0.9 * new
    # A run that was stopped goes on with its own weights, whatever it is given again.
    further.train(lambda *_: None, lambda: further.place.step >= 2)
    again = Run(data, base, tmp_path / "further", tiny(), model=tmp_path / "gone")
    assert again.place.step == 2
    for name, weight in again.network.trained().items():
        assert torch.equal(weight, further.network.trained()[name]), name


def test_a_model_of_other_aspects_words_or_layers_is_refused(
    data: Path, base: Path, exported: Path, tmp_path: Path
) -> None:
    turned = msgspec.structs.replace(tiny(), aspects=[*reversed(ASPECTS)])
    with pytest.raises(ModelUnfit, match="other aspects"):
        Run(data, base, tmp_path / "run", turned, model=exported)
    with pytest.raises(ModelUnfit, match="other layers"):
        Run(data, base, tmp_path / "run", msgspec.structs.replace(tiny(), layers=1), model=exported)
    other = copytree(base, tmp_path / "base")
    (other / TOKENIZER_FILE).write_text((base / TOKENIZER_FILE).read_text(encoding="utf-8") + " ")
    with pytest.raises(ModelUnfit, match="other words"):
        Run(data, other, tmp_path / "run", tiny(), model=exported)
    assert not (tmp_path / "run").exists()


def test_a_network_without_the_scales_of_its_numbers_is_refused(
    written: tuple[Path, dict[str, Rounded]],
) -> None:
    model = onnx.load(written[0] / MODEL_FILE)
    for tensor in model.graph.initializer:
        tensor.name = tensor.name.replace("_scale", "_size")
    onnx.save(model, written[0] / MODEL_FILE)
    with pytest.raises(PlacesUnknown, match="was not written by export"):
        read_rounded(written[0])


def test_the_shipped_model_can_be_trained_on() -> None:
    aspects = read(DEFAULT_FOLDER).aspects
    network = ReviewNetwork(Shape(10, 384, 12, 12, 1536, 512, 2, 1e-12), 12, len(aspects))
    put(network, read_rounded(DEFAULT_FOLDER))
    assert all(weight.isfinite().all() for weight in network.trained().values())
