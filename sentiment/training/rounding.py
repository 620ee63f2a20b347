"""How weights become whole numbers from -64 to 64 while the network says nearly the same. Needs torch.

Rounding each to the nearest number is coarse, for two reasons. The inputs of a layer are rounded together
when it runs, and a few of them are ten times as large as the rest, for which few numbers are left then: so
those inputs are made smaller, and the weights that they meet larger (after SmoothQuant, arXiv 2211.10438).
And the error of a weight can be made up for by weights not yet rounded, where their inputs rise and fall
together (GPTQ, arXiv 2210.17323). Both look at the inputs that ordinary texts give.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.hooks import RemovableHandle

from sentiment.training import TrainingError
from sentiment.training.encoder import ReviewNetwork

# Whole numbers from -LARGEST to LARGEST: where two products are summed in 16 bits, more would overflow.
LARGEST = 64
# Inputs larger than this share of a layer's inputs are made smaller, by a power of how much larger they are.
_ORDINARY = 0.9
_POWER = 0.7
_SHRUNK = ("wide", "narrow")
# A share of the mean square of the inputs, beside each: what is always 0 could not be divided by.
_DAMPING = 0.01
_NOTHING = 1e-9


class RoundingFailed(TrainingError):
    """A network cannot be rounded; the message says why."""

    code = "rounding_failed"


@dataclass
class Inputs:
    """What a linear layer of n inputs is given: the largest size of each [n], and sums of products [n, n]."""

    largest: Tensor
    moments: Tensor

    @classmethod
    def none(cls, n: int) -> "Inputs":
        return cls(torch.zeros(n), torch.zeros(n, n, dtype=torch.double))

    def add(self, given: Tensor) -> None:
        """Counts [tokens, n] more."""
        self.largest = torch.maximum(self.largest, given.abs().amax(0))
        self.moments += (given.T @ given).double()

    def times(self, shrink: Tensor) -> "Inputs":
        """The same when each input is multiplied by `shrink` [n]."""
        return Inputs(self.largest * shrink, self.moments * shrink * shrink[:, None])


@dataclass(frozen=True)
class Rounded:
    """Weights [outputs, inputs] as whole numbers, times the scale of each output [outputs]."""

    numbers: Tensor
    scale: Tensor


class ShrunkLinear(nn.Linear):
    """A linear layer that multiplies its inputs by `shrink` [inputs]; its weights make up for it."""

    def __init__(self, linear: nn.Linear, shrink: Tensor) -> None:
        super().__init__(linear.in_features, linear.out_features)
        self.register_buffer("shrink", shrink)
        with torch.no_grad():
            self.weight.copy_(linear.weight / shrink)
            self.bias.copy_(linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x * self.shrink, self.weight, self.bias)


def measure_inputs(network: ReviewNetwork, batches: Iterable[tuple[Tensor, Tensor]]) -> dict[str, Inputs]:
    """The inputs of the encoder's linear layers, by name; batches are token ids and mask [rows, tokens]."""
    layers = dict(linears(network))
    found = {name: Inputs.none(linear.in_features) for name, linear in layers.items()}
    real = torch.zeros(0, dtype=torch.bool)

    def counted(name: str) -> RemovableHandle:
        def count(_: nn.Module, given: tuple[Tensor, ...]) -> None:
            found[name].add(given[0].reshape(len(real), -1)[real])

        return layers[name].register_forward_pre_hook(count)

    hooks = [counted(name) for name in layers]
    try:
        with torch.no_grad():
            for ids, mask in batches:
                real = mask.bool().flatten()
                network(ids, mask)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def shrink_inputs(network: ReviewNetwork, inputs: dict[str, Inputs]) -> dict[str, Inputs]:
    """Makes the largest inputs smaller; the network says the same. Returns what its layers are given then."""
    shrunk = dict(inputs)
    for name, linear in linears(network):
        parent, _, kind = name.rpartition(".")
        if kind in _SHRUNK:
            shrink = shrink_of(inputs[name].largest)
            setattr(network.get_submodule(parent), kind, ShrunkLinear(linear, shrink))
            shrunk[name] = inputs[name].times(shrink)
    return shrunk


def shrink_of(largest: Tensor) -> Tensor:
    """What to multiply each input with, 1 for most; `largest` [n] is the largest size of each."""
    return (largest / largest.quantile(_ORDINARY).clamp(min=_NOTHING)).clamp(min=1) ** -_POWER


def linears(network: ReviewNetwork) -> Iterator[tuple[str, nn.Linear]]:
    """The linear layers of the encoder. The heads are rounded to the nearest: logits move by 0.005."""
    for name, module in list(network.layers.named_modules(prefix="layers")):
        if isinstance(module, nn.Linear):
            yield name, module


def rounded(weight: Tensor, moments: Tensor) -> Rounded:
    """Rounds [outputs, inputs] one input after the other; those still to come make up for each error.

    `moments` [inputs, inputs] are sums of products of the inputs. Raises `RoundingFailed` for what is no
    number.
    """
    if not (weight.isfinite().all() and moments.isfinite().all()):
        raise RoundingFailed("the network's weights, or what they give for ordinary texts, are not finite")
    left = weight.detach().double().clone()
    scale = left.abs().amax(1).clamp(min=_NOTHING) / LARGEST
    beside = _DAMPING * moments.diagonal().mean().clamp(min=_NOTHING)
    damped = moments + beside * torch.eye(len(moments))
    # Row j, divided by its diagonal, says how the inputs behind j make up for an error of j.
    worth = torch.linalg.cholesky(torch.linalg.inv(damped), upper=True)
    numbers = torch.zeros_like(left)
    for column in range(left.shape[1]):
        numbers[:, column] = (left[:, column] / scale).round().clamp(-LARGEST, LARGEST)
        error = (left[:, column] - numbers[:, column] * scale) / worth[column, column]
        left[:, column:] -= error[:, None] * worth[column, column:]
    return Rounded(numbers.to(torch.int8), scale.float())
