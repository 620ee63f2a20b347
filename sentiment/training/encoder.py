"""The network itself: an encoder like BERT with mean pooling and three outputs. Needs torch."""

import re
from pathlib import Path
from typing import NamedTuple

import msgspec
import torch
from msgspec import Struct
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from sentiment.network import STAR_OUTPUTS
from sentiment.training.base import SHAPE_FILE, WEIGHTS_FILE, BaseInvalid

# Names of Hugging Face's BertModel and ours.
_NAMES = (
    (r"^embeddings\.word_embeddings\.", "words."),
    (r"^embeddings\.position_embeddings\.weight$", "positions"),
    (r"^embeddings\.token_type_embeddings\.weight$", "types"),
    (r"^embeddings\.LayerNorm\.", "norm."),
    (r"^encoder\.layer\.", "layers."),
    (r"\.attention\.self\.", "."),
    (r"\.attention\.output\.dense\.", ".attended."),
    (r"\.attention\.output\.LayerNorm\.", ".attended_norm."),
    (r"\.intermediate\.dense\.", ".wide."),
    (r"\.output\.dense\.", ".narrow."),
    (r"\.output\.LayerNorm\.", ".narrow_norm."),
)


# The layers above forget what was said for how it was meant: see docs/decisions/0012-sentiment.md.
EMBEDDED_SHARE = 2 / 3


class Shape(Struct, frozen=True):
    """The sizes in the config.json of a base model; other fields are ignored."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    type_vocab_size: int
    layer_norm_eps: float


class Outputs(NamedTuple):
    """Logits of stars [n, 5] and aspects [n, 2 x k]; `embeddings` [n, width] are of length 1."""

    stars: Tensor
    aspects: Tensor
    embeddings: Tensor


class Layer(nn.Module):
    """Attention over all tokens, then a wide and a narrow projection of each."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width, wide, eps = shape.hidden_size, shape.intermediate_size, shape.layer_norm_eps
        self.heads, self.head_width = shape.num_attention_heads, width // shape.num_attention_heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.attended, self.attended_norm = nn.Linear(width, width), nn.LayerNorm(width, eps)
        self.wide, self.narrow = nn.Linear(width, wide), nn.Linear(wide, width)
        self.narrow_norm = nn.LayerNorm(width, eps)

    def forward(self, x: Tensor, ignored: Tensor, plain: bool) -> Tensor:
        rows, tokens, _ = x.shape

        def split(y: Tensor) -> Tensor:
            return y.reshape(rows, tokens, self.heads, self.head_width).transpose(1, 2)

        attend = _plain_attention if plain else functional.scaled_dot_product_attention
        found = attend(split(self.query(x)), split(self.key(x)), split(self.value(x)), ignored)
        x = self.attended_norm(
            self.attended(found.transpose(1, 2).reshape(rows, tokens, self.heads * self.head_width)) + x
        )
        return self.narrow_norm(self.narrow(functional.gelu(self.wide(x))) + x)


class ReviewNetwork(nn.Module):
    """Token ids and mask [n, tokens] in, `Outputs` out. `plain` spells attention out, for the export."""

    def __init__(self, shape: Shape, layers: int, aspects: int) -> None:
        super().__init__()
        width = shape.hidden_size
        self.words = nn.Embedding(shape.vocab_size, width)
        self.positions = nn.Parameter(torch.zeros(shape.max_position_embeddings, width))
        self.types = nn.Parameter(torch.zeros(shape.type_vocab_size, width))
        self.norm = nn.LayerNorm(width, shape.layer_norm_eps)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(layers))
        self.stars = nn.Linear(width, STAR_OUTPUTS)
        self.aspects = nn.Linear(width, 2 * aspects)
        self.embedded_layers = round(len(self.layers) * EMBEDDED_SHARE)
        self.plain = False
        # Almost all of the words never occur in training; those that do must not move away from them.
        for frozen in (self.words.weight, self.positions, self.types, *self.norm.parameters()):
            frozen.requires_grad = False

    def forward(self, ids: Tensor, mask: Tensor) -> Outputs:
        x = self.norm(self.words(ids) + self.positions[: ids.shape[1]] + self.types[0])
        kept = mask.unsqueeze(-1).to(x.dtype)
        ignored = (1.0 - mask[:, None, None, :].to(x.dtype)) * -1e4
        middle = x
        for number, layer in enumerate(self.layers, start=1):
            x = layer(x, ignored, self.plain)
            middle = x if number == self.embedded_layers else middle
        pooled, embedded = ((y * kept).sum(1) / kept.sum(1) for y in (x, middle))
        length = (embedded * embedded).sum(1, keepdim=True).sqrt()
        return Outputs(self.stars(pooled), self.aspects(pooled), embedded / length)

    def trained(self) -> dict[str, Tensor]:
        """The weights that training changes, by name."""
        return {name: weight for name, weight in self.named_parameters() if weight.requires_grad}


def read_base(folder: Path, layers: int, aspects: int, seed: int) -> ReviewNetwork:
    """A network on a base in Hugging Face's format, its lowest layers, with heads that know nothing yet."""
    shape = _shape(folder)
    torch.manual_seed(seed)
    network = ReviewNetwork(shape, layers, aspects)
    weights = {_our_name(name): weight.float() for name, weight in load_file(folder / WEIGHTS_FILE).items()}
    kept = {name: weight for name, weight in weights.items() if name in network.state_dict()}
    missing = network.load_state_dict(kept, strict=False).missing_keys
    if unfilled := [name for name in missing if not name.startswith(("stars.", "aspects."))]:
        raise BaseInvalid(f"{folder / WEIGHTS_FILE} lacks {', '.join(unfilled)}")
    return network


def _shape(folder: Path) -> Shape:
    return msgspec.json.decode((folder / SHAPE_FILE).read_bytes(), type=Shape)


def _our_name(name: str) -> str:
    for pattern, ours in _NAMES:
        name = re.sub(pattern, ours, name)
    return name


def _plain_attention(query: Tensor, key: Tensor, value: Tensor, ignored: Tensor) -> Tensor:
    """The same as torch's own, as matrix products that onnxruntime's fusion recognises."""
    scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5 + ignored
    return torch.softmax(scores, -1) @ value
