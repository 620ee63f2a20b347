"""From a run's checkpoint to a model folder that the scorer loads. Needs torch, onnx and onnxruntime."""

import hashlib
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import onnx
import torch
from msgspec import Struct
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions

from sentiment.calibrate import fit
from sentiment.evaluate import Evaluation, measure
from sentiment.model_file import (
    MODEL_FILE,
    SETTINGS_FILE,
    TOKENIZER_FILE,
    AspectThreshold,
    ByLanguage,
    Calibration,
    ModelFile,
    write_calibration,
)
from sentiment.network import EMBEDDING
from sentiment.pieces import padded
from sentiment.probability import Ints, predicted_stars
from sentiment.rows import Sample, dev_rows, halves, run_network
from sentiment.training import TrainingError, checkpoint
from sentiment.training.batches import batches_of_pass
from sentiment.training.checkpoint import CHECKPOINT_FILE, COOLING_FILE
from sentiment.training.config import Config
from sentiment.training.encoder import ReviewNetwork, read_base
from sentiment.training.mixture import examples_of_pass, read_pool
from sentiment.training.rounded import write_rounded
from sentiment.training.rounding import linears, measure_inputs, rounded, shrink_inputs
from sentiment.training.run import open_tokenizer, put, token_ids

LARGEST_BYTES = 45_000_000
# What the layers of a network are given is known well enough from so many.
ORDINARY_TEXTS = 512
_OPSET = 17
_OUTPUTS = ("stars", "aspects", EMBEDDING)

OnStage = Callable[[str], None]


class ExportFailed(TrainingError):
    """A run cannot be exported; the message says why."""

    code = "export_failed"


class Lost(Struct, frozen=True):
    """Points (per cent), fp32 less int8, in the language that loses most; below 0 none loses."""

    points: float
    lang: str


class Parity(Struct, frozen=True):
    """What the small integers change on the measuring half, each network calibrated by itself.

    `accuracy` is of negative against positive, `exact` of the predicted star, `aspects` of the micro F1, None
    where no row says anything of it; `stars_moved` is how many of a hundred texts get another predicted star.
    """

    accuracy: Lost | None
    exact: Lost | None
    aspects: Lost | None
    stars_moved: float


class Fitted(NamedTuple):
    """The measuring half of a network's outputs, and what was fitted on the other."""

    measuring: Sample
    calibration: Calibration


class Exported(Struct, frozen=True):
    """What was written: its size, its figures on the measuring half, and what quantisation cost."""

    bytes: int
    steps: int
    cpu_hours: float
    parity: Parity
    figures: Evaluation


def export(
    run: Path, base: Path, data: Path, out: Path, config: Config, on_stage: OnStage = lambda _: None
) -> Exported:
    """Writes a calibrated model folder from the averaged weights of a run's newest checkpoint.

    Raises `TrainingError` and `OSError`.
    """
    on_stage("reading rows and run")
    rows, ordinary = dev_rows(data), list(ordinary_batches(data, base, config))
    state = checkpoint.load(newest_checkpoint(run))
    network = read_base(base, config.layers, len(config.aspects), config.seed).eval()
    put(network, state.average)
    on_stage("looking at what its layers are given")
    inputs = shrink_inputs(network, measure_inputs(network, ordinary))
    with tempfile.TemporaryDirectory() as folder:
        precise = Path(folder)
        on_stage("writing the network")
        write_network(network, precise / MODEL_FILE)
        write_settings(precise, base, config)
        out.mkdir(parents=True, exist_ok=True)
        on_stage("rounding it to 8 bits")
        quantise(precise / MODEL_FILE, out / MODEL_FILE)
        write_rounded(
            out / MODEL_FILE,
            {name: rounded(linear.weight, inputs[name].moments) for name, linear in linears(network)},
        )
        size = (out / MODEL_FILE).stat().st_size
        if size > LARGEST_BYTES:
            raise ExportFailed(
                f"{out / MODEL_FILE} has {size:,} bytes; at most {LARGEST_BYTES:,} are shipped"
            )
        write_settings(out, base, config)
        on_stage(f"calibrating on {len(rows):,} rows")
        after = fitted(run_network(rows, out)[1], config.aspects)
        write_calibration(out, after.calibration)
        on_stage("comparing with the unrounded network")
        figures = measure(after.measuring, config.aspects, after.calibration)
        parity = compare(fitted(run_network(rows, precise)[1], config.aspects), after, config.aspects)
    return Exported(size, state.place.step, state.place.cpu_s / 3600, parity, figures)


def newest_checkpoint(run: Path) -> Path:
    """The checkpoint written last, cooled down or not; raises `ExportFailed` for a run without any."""
    found = [run / name for name in (CHECKPOINT_FILE, COOLING_FILE) if (run / name).is_file()]
    if not found:
        raise ExportFailed(f"{run} holds no checkpoint")
    return max(found, key=lambda path: path.stat().st_mtime_ns)


def ordinary_batches(data: Path, base: Path, config: Config) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Token ids and mask of some texts that a pass of training begins with."""
    tokenizer = open_tokenizer(base, config)
    examples = examples_of_pass(read_pool(data, config), config, 0)[:ORDINARY_TEXTS]
    ids = token_ids(tokenizer, examples)
    for chosen in batches_of_pass([len(each) for each in ids], config.schedule.tokens_per_batch, [0]):
        tokens, mask = padded([ids[row] for row in chosen])
        yield torch.from_numpy(tokens), torch.from_numpy(mask)


def write_network(network: ReviewNetwork, path: Path) -> None:
    """The network as ONNX, fused as onnxruntime runs it fastest."""
    network.eval()
    network.plain = True
    ids, mask = torch.randint(4, 100, (3, 17)), torch.ones(3, 17, dtype=torch.long)
    axes: dict[str, dict[int, str]] = {
        name: {0: "rows", 1: "tokens"} for name in ("input_ids", "attention_mask")
    }
    axes |= {name: {0: "rows"} for name in _OUTPUTS}
    raw = path.with_suffix(".raw")
    with warnings.catch_warnings():
        # The newer exporter, which torch would rather be used, writes graphs that the fusion does not know.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network,
            (ids, mask),
            str(raw),
            input_names=["input_ids", "attention_mask"],
            output_names=list(_OUTPUTS),
            dynamic_axes=axes,
            opset_version=_OPSET,
            dynamo=False,
        )
    options = FusionOptions("bert")
    options.enable_embed_layer_norm = False
    layer = network.layers[0]
    fused = optimizer.optimize_model(
        str(raw),
        model_type="bert",
        num_heads=layer.heads,
        hidden_size=layer.query.in_features,
        optimization_options=options,
        opt_level=0,
    )
    fused.save_model_to_file(str(path))
    raw.unlink()


def quantise(source: Path, target: Path) -> None:
    """Weights as integers, one scale a channel, activations as 8-bit ones, scaled by batch.

    Without the narrower range, of 7 bits, processors without VNNI let the sums overflow a little.
    """
    quantize_dynamic(
        source,
        target,
        op_types_to_quantize=["MatMul", "Attention", "Gather"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )


def write_settings(folder: Path, base: Path, config: Config) -> None:
    """Tokenizer and model.json beside the network; nothing is calibrated yet."""
    shutil.copyfile(base / TOKENIZER_FILE, folder / TOKENIZER_FILE)
    checksums = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in (MODEL_FILE, TOKENIZER_FILE)
    }
    plain = Calibration(
        temperature=ByLanguage(1.0, {}),
        negative_threshold=ByLanguage(0.5, {}),
        aspect_thresholds={name: AspectThreshold(0.5, 0.5) for name in config.aspects},
    )
    settings = ModelFile(config.name, checksums, config.max_tokens, [1, 2, 3, 4, 5], config.aspects, plain)
    (folder / SETTINGS_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(settings)) + b"\n")


def fitted(sample: Sample, aspects: list[str]) -> Fitted:
    """A calibration of its own for the outputs of one network."""
    fitting, measuring = halves(sample)
    return Fitted(measuring, fit(fitting, aspects))


def compare(precise: Fitted, small: Fitted, aspects: list[str]) -> Parity:
    """What rounding cost, both networks as they would be shipped; both samples have the same rows."""
    before, after = (measure(each.measuring, aspects, each.calibration) for each in (precise, small))
    pairs = [(lang, part, after.languages[lang]) for lang, part in before.languages.items()]
    exact = {
        lang: one.stars.exact.value - other.stars.exact.value
        for lang, one, other in pairs
        if one.stars and other.stars
    }
    found = {
        lang: part.micro_f1.value - after.aspects_by_language[lang].micro_f1.value
        for lang, part in before.aspects_by_language.items()
    }
    moved = shown_stars(precise) != shown_stars(small)
    return Parity(
        accuracy=worst({lang: one.accuracy.value - other.accuracy.value for lang, one, other in pairs}),
        exact=worst(exact),
        aspects=worst(found),
        stars_moved=100 * float(moved.mean()),
    )


def shown_stars(network: Fitted) -> Ints:
    """[n]: what would be shown for each row of the measuring half."""
    languages = [row.lang for row in network.measuring.rows]
    return predicted_stars(network.calibration.stars(network.measuring.stars, languages))


def worst(lost: dict[str, float]) -> Lost | None:
    """The language that loses most, of shares by language."""
    lang = max(lost, key=lambda lang: lost[lang], default=None)
    return None if lang is None else Lost(100 * lost[lang], lang)
