import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from sentiment.model_file import DEFAULT_FOLDER
from sentiment.network import Network
from sentiment.scorer import Scorer, empty_score
from sentiment.text import RAW_CHARACTERS
from sentiment.types import ASPECTS, LANGUAGES, Score, Text

# The int8 network measures its inputs batch by batch, so a text's neighbours move its scores: see the card.
FROM_NEIGHBOURS_AT_MOST = 0.08
FROM_NEIGHBOURS_ON_AVERAGE = 0.012

CLEAR = [
    ("en", "negative", "Terrible quality, it broke after two days and nobody answers my messages."),
    ("en", "negative", "Waste of money. Stopped working within a week, do not buy."),
    ("en", "positive", "Absolutely love it, great quality and fast delivery!"),
    ("en", "positive", "Works perfectly, I am very happy with this purchase."),
    ("zh", "negative", "质量太差了，用了两天就坏了，客服还不理人。"),
    ("zh", "negative", "非常失望，跟描述完全不一样，浪费钱。"),
    ("zh", "positive", "非常好，物流很快，质量不错，下次还来。"),
    ("zh", "positive", "包装很好，宝宝很喜欢，值得购买。"),
    ("zh-Hant", "negative", "東西很差，客服態度惡劣，浪費錢。"),
    ("zh-Hant", "negative", "好難食，服務態度又差，唔會再嚟。"),
    ("zh-Hant", "positive", "好好食，服務一流，下次再嚟！"),
    ("zh-Hant", "positive", "品質很好，出貨速度快，非常滿意。"),
    ("ja", "negative", "壊れていました。対応も最悪です。"),
    ("ja", "negative", "すぐに使えなくなりました。お金の無駄でした。"),
    ("ja", "positive", "とても使いやすくて、デザインも素敵です。"),
    ("ja", "positive", "配送も早く、品質も良くて大満足です。"),
    ("es", "negative", "Muy mala calidad, se rompió el primer día. No lo recomiendo."),
    ("es", "negative", "Pésimo servicio, el pedido nunca llegó y nadie responde."),
    ("es", "positive", "Excelente producto, llegó rápido y funciona perfecto."),
    ("es", "positive", "Estoy muy contenta con la compra, es de muy buena calidad."),
    ("fr", "negative", "Très déçu, produit de mauvaise qualité et service client inexistant."),
    ("fr", "negative", "À éviter, il est tombé en panne au bout d'une semaine."),
    ("fr", "positive", "Parfait, livraison rapide et très belle qualité."),
    ("fr", "positive", "Je suis ravie de mon achat, je le recommande vivement."),
    ("de", "negative", "Schlechte Qualität, nach einer Woche kaputt. Sehr enttäuscht."),
    ("de", "negative", "Der Kundendienst ist furchtbar, ich habe mein Geld nie zurückbekommen."),
    ("de", "positive", "Sehr gute Qualität, schnelle Lieferung, bin begeistert."),
    ("de", "positive", "Funktioniert einwandfrei, ich bin sehr zufrieden."),
]

POISONED = {
    "fifty thousand characters": "The zip broke. " * 3_334,
    "no spaces": "x" * 50_000,
    "one word": "bad " * 12_500,
    "one character": "好" * 50_000,
    "emoji": "😡" * 2_000,
    "mixed scripts": "很好 very good とても bueno Привет 안녕하세요 مرحبا שלום ไทย 🙂",
    "half a surrogate pair": "very bad \ud83d quality \udc4e",
    "controls": "ba\x00d\u200b \x1b[31mquality\u202e\ufeff",
    "unknown characters": "\U00012000\U00012001\U00012002",
    "special tokens": "<s></s><pad><unk><mask> bad",
    "open tags": "<a" * 25_000,
    "entities": "&amp;" * 10_000 + "&#0;&#xD800;&#x110000;",
    "nothing but NULs": "\x00" * 50_000,
    "direction marks": "\u202e\u2067dab yrev\u2069\u202c bad " * 3_000,
    "zero-width joiners": "b\u200da\u200dd\u200d " * 8_000 + "👩\u200d👩\u200d👧\u200d👦" * 2_000,
    "new lines": "bad\n\r\n\u2028" * 10_000,
    "bytes that are no UTF-8": b"bad \xff\xfe\xc3\x28 quality".decode("utf-8", "surrogateescape") * 1_000,
    "marks upon marks": "b" + "\u0301" * 30_000,
    "hyphens": "not" + "-" * 25_000 + "safe",
}


@pytest.fixture(scope="module")
def clear_scores(scorer: Scorer) -> list[Score]:
    return scorer.score([Text(text) for _, _, text in CLEAR])


@pytest.mark.parametrize("index", range(len(CLEAR)), ids=[f"{row[0]}-{row[2][:20]}" for row in CLEAR])
def test_clear_reviews_get_their_polarity(index: int, clear_scores: list[Score], scorer: Scorer) -> None:
    language, sentiment, _ = CLEAR[index]
    score = clear_scores[index]
    assert score.lang == language
    assert score.sentiment == sentiment
    assert score.stars_predicted in ((1, 2) if sentiment == "negative" else (4, 5))
    flagged = score.probabilities.negative >= scorer.negative_threshold(language)
    assert flagged == (sentiment == "negative")


def test_the_numbers_of_a_score_agree(clear_scores: list[Score]) -> None:
    for score in clear_scores:
        one, two, three, four, five = score.stars
        assert sum(score.stars) == pytest.approx(1)
        assert score.probabilities.negative == pytest.approx(one + two)
        assert score.probabilities.neutral == pytest.approx(three)
        assert score.probabilities.positive == pytest.approx(four + five)
        assert score.stars_expected == pytest.approx(one + 2 * two + 3 * three + 4 * four + 5 * five)
        assert score.model == DEFAULT_FOLDER.name


def test_order_is_kept_whatever_the_lengths(scorer: Scorer) -> None:
    long, short = "I am very happy with it. " * 20, "Bad"
    scores = scorer.score([Text(text) for text in (long, short, "", long, short)])
    assert [score.sentiment for score in scores] == [
        "positive",
        "negative",
        "neutral",
        "positive",
        "negative",
    ]


def test_a_batch_scores_like_single_texts(scorer: Scorer, clear_scores: list[Score]) -> None:
    alone = [scorer.score([Text(text)])[0] for _, _, text in CLEAR]
    pairs = list(zip(alone, clear_scores, strict=True))
    away = [max(abs(a - b) for a, b in zip(one.stars, other.stars, strict=True)) for one, other in pairs]
    assert max(away) < FROM_NEIGHBOURS_AT_MOST
    assert sum(away) / len(away) < FROM_NEIGHBOURS_ON_AVERAGE
    assert all(one.sentiment == other.sentiment for one, other in pairs)


def test_no_texts_give_no_scores(scorer: Scorer) -> None:
    assert scorer.score([]) == []


def test_the_title_counts(scorer: Scorer) -> None:
    text = "I bought it last week."
    bad, good = scorer.score([Text(text, title="Terrible, broken"), Text(text, title="Perfect, love it")])
    assert (bad.sentiment, good.sentiment) == ("negative", "positive")
    assert scorer.score([Text("", title="Terrible, broken")])[0].sentiment == "negative"


@pytest.mark.parametrize("words", ["", "质量 ", "Qualität "])
def test_drawn_stars_count(words: str, scorer: Scorer) -> None:
    one, five = scorer.score([Text(words + "★☆☆☆☆"), Text(words + "⭐⭐⭐⭐⭐")])
    assert (one.sentiment, five.sentiment) == ("negative", "positive")
    assert one.stars_predicted <= 2 and five.stars_predicted >= 4


def test_aspects_and_their_polarity(scorer: Scorer) -> None:
    [bad, good, both] = scorer.score(
        [
            Text("Customer service was rude and useless."),
            Text("Great price, very good value for money."),
            Text("Good quality, bad service"),
        ]
    )
    assert {aspect.aspect: aspect.polarity for aspect in bad.aspects}["service"] == "negative"
    assert {aspect.aspect: aspect.polarity for aspect in good.aspects}["price"] == "positive"
    assert {"quality", "service"} <= {aspect.aspect for aspect in both.aspects}
    for aspect in (*bad.aspects, *good.aspects, *both.aspects):
        assert aspect.aspect in ASPECTS
        assert 0 < aspect.confidence <= 1


@pytest.mark.parametrize("text", ["", "   \n\t", "<br><p></p>", "\u200b\ufeff", "\ud800", "&nbsp;", "\x00"])
def test_a_text_without_content_is_neutral_and_never_flagged(text: str, scorer: Scorer) -> None:
    [score] = scorer.score([Text(text)])
    assert score == empty_score("en", scorer.model)
    assert score.stars == (0.2, 0.2, 0.2, 0.2, 0.2)
    assert score.probabilities.negative < scorer.negative_threshold("en")


@pytest.mark.parametrize("name", POISONED)
def test_a_poisoned_text_is_scored_and_spoils_no_neighbour(name: str, scorer: Scorer) -> None:
    poisoned, neighbour = scorer.score([Text(POISONED[name]), Text("Absolutely love it!")])
    assert sum(poisoned.stars) == pytest.approx(1)
    assert neighbour.sentiment == "positive"


def test_a_poisoned_title_is_harmless(scorer: Scorer) -> None:
    [score] = scorer.score([Text("Bad", title="\ud83d" + "t" * 50_000)])
    assert sum(score.stars) == pytest.approx(1)


def test_a_long_text_costs_its_first_tokens_only(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    network = scorer._network
    assert isinstance(network, Network)
    tokenized: list[int] = []
    shapes: list[tuple[int, ...]] = []

    class Tokenizer:
        def encode_batch(self, lines: list[str]) -> object:
            tokenized.extend(len(line) for line in lines)
            return real_tokenizer.encode_batch(lines)

    class Session:
        def run(self, names: list[str], feed: dict[str, Any]) -> object:
            shapes.append(feed["input_ids"].shape)
            return real_session.run(names, feed)

    real_tokenizer, real_session = network._pieces._tokenizer, network._session
    monkeypatch.setattr(network._pieces, "_tokenizer", Tokenizer())
    monkeypatch.setattr(network, "_session", Session())
    scorer.score([Text("The zip broke. " * 3_334)])
    limit = scorer._settings.max_tokens
    assert max(tokenized) <= limit * 16 < RAW_CHARACTERS
    assert shapes == [(1, limit)]


def test_what_lies_behind_the_limit_changes_nothing(scorer: Scorer) -> None:
    start = "The zip broke after a day. " * 100
    [one] = scorer.score([Text(start)])
    [other] = scorer.score([Text(start + "I love it. " * 3_000)])
    assert one.stars == other.stars


def test_every_language_has_a_threshold_and_a_temperature(scorer: Scorer) -> None:
    calibration = scorer._settings.calibration
    assert set(calibration.negative_threshold.languages) == set(LANGUAGES)
    assert set(calibration.temperature.languages) == set(LANGUAGES)
    assert all(0 < scorer.negative_threshold(language) < 0.5 for language in LANGUAGES)
    assert scorer.negative_threshold("it") == calibration.negative_threshold.fallback


def test_a_declared_language_is_kept(scorer: Scorer) -> None:
    scores = scorer.score(
        [Text("Ottimo prodotto", lang="it"), Text("ok", lang="de-AT"), Text("很好", lang="zh-TW")]
    )
    assert [score.lang for score in scores] == ["it", "de", "zh-Hant"]


def test_scoring_needs_neither_torch_nor_transformers() -> None:
    code = (
        "import sys; from sentiment.scorer import Scorer; from sentiment.types import Text;"
        "Scorer.load(threads=1).score([Text('Good')]);"
        "heavy = {'torch', 'transformers', 'scipy', 'sklearn'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_embeddings_come_with_the_scores(scorer: Scorer) -> None:
    texts = [
        Text("Broke on the first day."),
        Text(""),
        Text("Ging am ersten Tag kaputt."),
        Text("Lovely colour"),
    ]
    reading = scorer.read(texts)
    assert reading.scores == scorer.score(texts)
    english, empty, german, other = reading.embeddings
    assert empty is None and english is not None and german is not None and other is not None
    assert english.shape == (384,)
    assert np.linalg.norm(english) == pytest.approx(1, abs=1e-5)
    assert english @ german > english @ other
