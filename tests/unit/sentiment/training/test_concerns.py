"""What urgent texts are about is told apart from the rest, where it can be told."""

import gzip
import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from sentiment.concerns import Heads
from sentiment.model_file import DEFAULT_FOLDER
from sentiment.probability import logistic
from sentiment.training import concerns
from sentiment.training.concerns import KINDS, NoEmbeddings, examples, fit, regression
from sentiment.training.config import LICENSED, read_config
from sentiment.training.examples import own_examples
from tests.unit.sentiment.onnx_file import classifier, write_config, write_tokenizer


def write_rows(folder: Path) -> None:
    for name in read_config(LICENSED).rows:
        with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            for number, label in enumerate(("pos", "neg", "pos")):
                text = "This is a scam." if number == 2 else f"A lovely dress, number {number}."
                row = {"id": f"{name}-{number}", "lang": "en", "text": text, "label": label, "source": name}
                file.write(json.dumps(row | {"split": "train"}) + "\n")


def test_a_direction_is_found() -> None:
    random = np.random.default_rng(1)
    embeddings = random.normal(size=(400, 8)).astype(np.float32)
    true = embeddings[:, 2] > 0.5
    head = regression(embeddings, true)
    found = logistic(embeddings @ np.array(head.weights) + head.bias) >= 0.5
    assert (found == true).mean() > 0.97
    assert int(np.argmax(head.weights)) == 2


def test_ordinary_rows_have_no_urgent_words(tmp_path: Path) -> None:
    write_rows(tmp_path)
    rows = concerns.ordinary(tmp_path)
    assert {row.label for row in rows} == {"pos", "neg", "neu"}
    assert {"own", "womens_clothing"} <= {row.source for row in rows}
    assert not any("scam" in row.text for row in rows)


def test_a_fitted_model_knows_its_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_rows(tmp_path)
    texts, kinds = examples()
    some = range(0, len(texts), 10)
    own = own_examples()[::50]
    monkeypatch.setattr(concerns, "own_examples", lambda: own)
    monkeypatch.setattr(concerns, "examples", lambda: ([texts[n] for n in some], [kinds[n] for n in some]))
    path = fit(DEFAULT_FOLDER, tmp_path, tmp_path, threads=1)
    assert path.name == f"{DEFAULT_FOLDER.name}.concerns.json"
    heads = msgspec.json.decode(path.read_bytes(), type=Heads)
    assert set(heads) == set(KINDS) and {len(head.weights) for head in heads.values()} == {384}


def test_a_model_without_embeddings_is_refused(tmp_path: Path) -> None:
    write_rows(tmp_path)
    write_tokenizer(tmp_path)
    write_config(tmp_path, ["NEGATIVE", "POSITIVE"])
    columns = np.array([[0, 0, 4, 0, 0], [0, 0, 0, 4, 0]])
    (tmp_path / "model.onnx").write_bytes(classifier(columns.T.tolist()))
    with pytest.raises(NoEmbeddings):
        fit(tmp_path, tmp_path, tmp_path)
