"""Models in Hugging Face's format: their labels become stars, and nothing of them asks the network."""

import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from sentiment.evaluate import evaluate
from sentiment.evidence import explain
from sentiment.foreign import Config, checksum, max_tokens, star_shares
from sentiment.model_file import ModelInvalid, ModelMissing
from sentiment.scorer import Scorer
from sentiment.types import Text
from tests.unit.sentiment.onnx_file import VOCABULARY, classifier, write_config, write_tokenizer

# For <pad>, <unk>, bad, good, fine: how much each speaks for the label.
NEGATIVE, NEUTRAL, POSITIVE = [0, 0, 4, 0, 0], [0, 0, 0, 0, 4], [0, 0, 0, 4, 0]
NONE = [0, 0, 0, 0, 0]
TEXTS = [Text("bad bad"), Text("good thing, good " * 30), Text(""), Text("fine")]


def folder_of(tmp_path: Path, labels: list[str], columns: list[list[int]]) -> Path:
    write_tokenizer(tmp_path)
    write_config(tmp_path, labels)
    (tmp_path / "model.onnx").write_bytes(classifier(np.array(columns).T.tolist()))
    return tmp_path


@pytest.mark.parametrize(
    ("labels", "columns"),
    [
        (["NEGATIVE", "POSITIVE"], [NEGATIVE, POSITIVE]),
        (["positive", "negative"], [POSITIVE, NEGATIVE]),
        (["LABEL_0", "LABEL_1"], [NEGATIVE, POSITIVE]),
        (["neutral", "positive", "negative"], [NEUTRAL, POSITIVE, NEGATIVE]),
        (["LABEL_0", "LABEL_1", "LABEL_2"], [NEGATIVE, NEUTRAL, POSITIVE]),
        (["1 star", "2 stars", "3 stars", "4 stars", "5 stars"], [NEGATIVE, NONE, NEUTRAL, NONE, POSITIVE]),
        (["5 stars", "4 stars", "3 stars", "2 stars", "1 star"], [POSITIVE, NONE, NEUTRAL, NONE, NEGATIVE]),
        (
            ["Very Negative", "Negative", "Neutral", "Positive", "Very Positive"],
            [NEGATIVE, NONE, NEUTRAL, NONE, POSITIVE],
        ),
    ],
)
def test_labels_become_stars(tmp_path: Path, labels: list[str], columns: list[list[int]]) -> None:
    scorer = Scorer.load(folder_of(tmp_path, labels, columns), threads=1)
    reading = scorer.read(TEXTS)
    bad, good, empty, fine = reading.scores
    assert [score.sentiment for score in (bad, good, empty)] == ["negative", "positive", "neutral"]
    assert bad.probabilities.negative > 0.9 > scorer.negative_threshold("en") > good.probabilities.negative
    assert fine.sentiment == "neutral" or NEUTRAL not in columns
    assert (bad.stars_predicted <= 2, good.stars_predicted >= 4) == (True, True)
    assert sum(bad.stars) == pytest.approx(1)
    assert {score.model for score in reading.scores} == {f"{tmp_path.name}@{checksum(tmp_path)[:8]}"}
    assert reading.embeddings == [None] * 4 and bad.aspects == []


@pytest.mark.parametrize("columns", [[NEGATIVE, POSITIVE], [NEGATIVE, NEUTRAL, POSITIVE]])
def test_labels_that_no_file_names_are_as_many_as_the_network_has(
    tmp_path: Path, columns: list[list[int]]
) -> None:
    folder = folder_of(tmp_path, [], columns)
    (folder / "config.json").write_text('{"model_type": "bert", "pad_token_id": 0}', encoding="utf-8")
    bad, good = Scorer.load(folder, threads=1).score([Text("bad"), Text("good good")])
    assert (bad.sentiment, good.sentiment) == ("negative", "positive")
    (folder / "model.onnx").write_bytes(classifier(np.array([NEGATIVE, NONE, NONE, POSITIVE]).T.tolist()))
    with pytest.raises(ModelInvalid, match="LABEL_3"):
        Scorer.load(folder, threads=1)


def test_two_models_in_folders_of_one_name_are_two(tmp_path: Path) -> None:
    folders = [tmp_path / shop / "model" for shop in ("one", "two", "copy")]
    columns = ([NEGATIVE, POSITIVE], [NEGATIVE, NEUTRAL], [NEGATIVE, POSITIVE])
    for folder, each in zip(folders, columns, strict=True):
        folder.mkdir(parents=True)
        folder_of(folder, ["NEGATIVE", "POSITIVE"], each)
    one, two, copy = (Scorer.load(folder, threads=1).model for folder in folders)
    assert one == copy != two
    assert one.split("@")[0] == two.split("@")[0] == "model"


def test_numbers_beside_the_file_tell_models_apart(tmp_path: Path) -> None:
    (tmp_path / "model-2.safetensors").write_bytes(b"b")
    (tmp_path / "model-1.safetensors").write_bytes(b"a")
    assert checksum(tmp_path) == hashlib.sha256(b"ab").hexdigest()
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "model.onnx").write_bytes(b"graph")
    (tmp_path / "onnx" / "model.onnx_data").write_bytes(b"numbers")
    assert checksum(tmp_path) == hashlib.sha256(b"graphnumbers").hexdigest()


def test_words_beside_very_negative_are_stars_of_their_own() -> None:
    names = ["Very Positive", "positive", "NEUTRAL", "Negative", "very_negative"]
    assert star_shares(names).tolist() == np.eye(5)[::-1].tolist()
    assert star_shares(["negative", "positive"]).tolist() == [[0.5, 0.5, 0, 0, 0], [0, 0, 0, 0.5, 0.5]]


def test_a_tokenizer_in_older_files_is_read(tmp_path: Path) -> None:
    pieces = ["[PAD]", "[UNK]", "bad", "good", "fine", "[CLS]", "[SEP]", "[MASK]"]
    columns = [[*each, 0, 0, 0] for each in (NEGATIVE, POSITIVE)]
    folder = folder_of(tmp_path, ["NEGATIVE", "POSITIVE"], columns)
    write_config(folder, ["NEGATIVE", "POSITIVE"], model_type="bert")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelMissing, match="words"):
        Scorer.load(folder, threads=1)
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    bad, good = Scorer.load(folder, threads=1).score([Text("bad"), Text("Good, fine good " * 30)])
    assert (bad.sentiment, good.sentiment) == ("negative", "positive")


def test_evidence_needs_no_aspects(tmp_path: Path) -> None:
    scorer = Scorer.load(folder_of(tmp_path, ["NEGATIVE", "POSITIVE"], [NEGATIVE, POSITIVE]), threads=1)
    found = explain(scorer, Text("It is good. It is bad. It is bad. It is bad."))
    assert (found.sentiment, found.words, found.aspects) == (
        "negative",
        ("It is bad. It is bad. It is bad.",),
        {},
    )


@pytest.mark.parametrize(
    "labels", [[], ["joy", "anger"], ["negative"], ["neutral", "positive"], ["LABEL_0"] * 4]
)
def test_labels_that_say_nothing_about_it_are_refused(labels: list[str]) -> None:
    with pytest.raises(ModelInvalid):
        star_shares(labels)


def test_a_folder_that_lacks_something_is_refused(tmp_path: Path) -> None:
    write_config(tmp_path, ["NEGATIVE", "POSITIVE"])
    with pytest.raises(ModelMissing, match="tokenizer"):
        Scorer.load(tmp_path)
    write_tokenizer(tmp_path)
    with pytest.raises(ModelInvalid):
        Scorer.load(tmp_path)
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelInvalid, match="config"):
        Scorer.load(tmp_path)


@pytest.mark.parametrize(
    ("labels", "asks_for", "message"),
    [
        (["NEGATIVE", "POSITIVE"], "position_ids", "position_ids"),
        (["1", "2", "3", "4", "5"], "input_ids", "mismatch"),
    ],
)
def test_a_network_that_does_not_fit_is_refused_before_it_reads_a_review(
    tmp_path: Path, labels: list[str], asks_for: str, message: str
) -> None:
    folder = folder_of(tmp_path, labels, [NEGATIVE, POSITIVE])
    (folder / "model.onnx").write_bytes(classifier(np.array([NEGATIVE, POSITIVE]).T.tolist(), asks_for))
    with pytest.raises(ModelInvalid, match=message):
        Scorer.load(folder, threads=1)


def test_it_is_measured_on_what_it_knows(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ["NEGATIVE", "POSITIVE"], [NEGATIVE, POSITIVE])
    with gzip.open(tmp_path / "few.jsonl.gz", "wt", encoding="utf-8") as file:
        for number in range(40):
            way = ("bad", "neg") if number % 2 else ("good", "pos")
            row = {"id": str(number), "lang": "en", "text": way[0], "label": way[1], "aspects": {}}
            file.write(json.dumps(row | {"annotated": ["price"], "source": "few", "split": "dev"}) + "\n")
    found = evaluate(tmp_path, folder)
    assert found.languages["en"].accuracy.value == 1
    assert (found.aspects.aspects, found.aspects.micro_f1.value) == ({}, 0)


def test_how_much_is_read() -> None:
    assert max_tokens(Config(max_position_embeddings=514, model_type="xlm-roberta")) == 512
    assert max_tokens(Config(max_position_embeddings=128, model_type="bert")) == 128
    assert max_tokens(Config(max_position_embeddings=8192)) == 512


def test_weights_run_where_torch_is(tmp_path: Path) -> None:
    torch = pytest.importorskip(
        "torch", reason="a model without an ONNX file needs torch: pip install 'regulars[train]'"
    )
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(VOCABULARY), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=16, id2label={0: "negative", 1: "positive"},
    )  # fmt: skip
    model = BertForSequenceClassification(config).eval()
    model.save_pretrained(tmp_path)
    write_tokenizer(tmp_path)
    scorer = Scorer.load(tmp_path, threads=1)
    scores = scorer.score([Text("bad"), Text("good fine good")])
    for score, ids in zip(scores, ([[2]], [[3, 4, 3]]), strict=True):
        with torch.no_grad():
            wanted = model(torch.tensor(ids)).logits.softmax(1)[0]
        assert score.probabilities.negative == pytest.approx(float(wanted[0]), abs=1e-5)
