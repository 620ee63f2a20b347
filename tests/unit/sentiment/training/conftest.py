"""A tiny base and a few rows."""

import gzip
import json
from pathlib import Path

import msgspec
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from sentiment.training.examples import own_examples


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The English examples of our own, as a folder of rows."""
    folder = tmp_path_factory.mktemp("rows")
    with gzip.open(folder / "few.jsonl.gz", "wt", encoding="utf-8") as file:
        for number, row in enumerate(own for own in own_examples() if own.lang == "en"):
            split = "dev" if number % 5 == 0 else "train"
            file.write(json.dumps(msgspec.to_builtins(row) | {"split": split}) + "\n")
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base of two narrow layers with a vocabulary of its own."""
    folder = tmp_path_factory.mktemp("base")
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = trainers.UnigramTrainer(
        vocab_size=400, special_tokens=special, unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator([row.text for row in own_examples() if row.lang == "en"], trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        "<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    torch = pytest.importorskip("torch", reason="training needs torch: pip install 'regulars[train]'")
    from safetensors.torch import save_file
    from transformers import BertConfig, BertModel

    shape = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=160,
        pad_token_id=1,
    )
    torch.manual_seed(3)
    save_file(BertModel(shape, add_pooling_layer=False).state_dict(), folder / "model.safetensors")
    (folder / "config.json").write_text(shape.to_json_string(), encoding="utf-8")
    return folder
