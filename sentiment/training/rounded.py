"""The file of an 8-bit network: where in it the weights lie, to put others there or to train on from them.

Needs torch and onnx.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import GraphProto, NodeProto
from onnx.numpy_helper import from_array, to_array

from sentiment.model_file import MODEL_FILE
from sentiment.network import Floats
from sentiment.training import TrainingError
from sentiment.training.rounding import Rounded

_PROJECTIONS = ("query", "key", "value")
_NUMBERS, _SCALE, _SHRINK = "_quantized", "_scale", ".shrink"
_PARTS = ("layers.", "stars.", "aspects.")

Tensors = dict[str, np.ndarray]
Matrix = tuple[list[str], str]
"""The modules whose weights lie side by side in one matrix [inputs, outputs], and what that is called."""


class PlacesUnknown(TrainingError):
    """An 8-bit network does not lie in its file as it is looked for; the message says what is missing."""

    code = "network_places_unknown"


def read_rounded(folder: Path) -> dict[str, torch.Tensor]:
    """Every weight of a model folder that training changes, by its name in `ReviewNetwork`.

    What rounding took away is not there again. Raises `PlacesUnknown` for a network that `export` did not
    write, and `OSError`.
    """
    try:
        graph = onnx.load(folder / MODEL_FILE).graph
        weights = dict(_weights(graph, {tensor.name: to_array(tensor) for tensor in graph.initializer}))
    except KeyError as error:
        raise PlacesUnknown(f"{folder / MODEL_FILE} was not written by export: {error}") from error
    return {name: torch.from_numpy(weight.copy("C")) for name, weight in weights.items()}


def write_rounded(path: Path, weights: dict[str, Rounded]) -> None:
    """Puts whole numbers and their scales, by the name of their module, in the place of nearest ones.

    Raises `PlacesUnknown` unless there is a place of the same shape for every one; nothing is written then.
    """
    model = onnx.load(path)
    tensors: Tensors = {}
    placed: list[str] = []
    for modules, name in _matrices(model.graph.node):
        if modules[0] in weights:
            found = [weights[module] for module in modules]
            tensors[name] = torch.cat([each.numbers for each in found]).T.numpy()
            tensors[name.removesuffix(_NUMBERS) + _SCALE] = torch.cat([each.scale for each in found]).numpy()
            placed += modules
    if sorted(placed) != sorted(weights):
        raise PlacesUnknown(f"{path} has places for {sorted(placed)}, not for {sorted(weights)}")
    for tensor in model.graph.initializer:
        if tensor.name in tensors:
            put = from_array(tensors[tensor.name].copy("C"), tensor.name)
            if (put.dims, put.data_type) != (tensor.dims, tensor.data_type):
                raise PlacesUnknown(f"{path} has another shape or type for {tensor.name}")
            tensor.CopyFrom(put)
    onnx.save(model, path)


def _weights(graph: GraphProto, tensors: Tensors) -> Iterator[tuple[str, Floats]]:
    for name, tensor in tensors.items():
        if name.startswith(_PARTS) and name.endswith((".weight", ".bias")):
            yield name, tensor
    for modules, name in _matrices(graph.node):
        matrix = tensors[name].astype(np.float32) * tensors[name.removesuffix(_NUMBERS) + _SCALE]
        for module, weight in zip(modules, np.split(matrix, len(modules), axis=1), strict=True):
            yield f"{module}.weight", weight.T * tensors.get(module + _SHRINK, np.float32(1))
    for layer, node in enumerate(_attentions(graph.node)):
        for kind, bias in zip(_PROJECTIONS, np.split(tensors[node.input[2]], len(_PROJECTIONS)), strict=True):
            yield f"layers.{layer}.{kind}.bias", bias


def _matrices(nodes: Sequence[NodeProto]) -> Iterator[Matrix]:
    for layer, node in enumerate(_attentions(nodes)):
        yield [f"layers.{layer}.{kind}" for kind in _PROJECTIONS], node.input[1]
    for node in nodes:
        if node.op_type == "MatMulInteger":
            # "/layers.0/wide/MatMul_quant" belongs to layers.0.wide.
            yield [".".join(node.name.split("/")[1:-1])], node.input[1]


def _attentions(nodes: Sequence[NodeProto]) -> list[NodeProto]:
    """Those of the layers from below; all three projections are fused in each."""
    return [node for node in nodes if node.op_type == "QAttention"]
