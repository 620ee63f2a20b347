"""What counting words can do: TF-IDF and logistic regression on the rows of a pass. Needs scikit-learn."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from sentiment.calibrate import fit
from sentiment.evaluate import Evaluation, measure
from sentiment.probability import WAYS, Doubles
from sentiment.rows import LABELS, Row, Sample, halves, read_rows
from sentiment.text import joined
from sentiment.training.config import Config
from sentiment.training.mixture import examples_of_pass, read_pool
from sentiment.types import Text

# Written without spaces, so characters are counted; Chinese of both scripts has one model.
_GROUPS = {"en": "en", "es": "es", "fr": "fr", "de": "de", "ja": "ja", "zh": "zh", "zh-Hant": "zh"}
_BY_CHARACTER = {"ja", "zh"}
_MOST_FEATURES = 200_000
_LEAST_ROWS = 20

OnStage = Callable[[str], None]


def evaluate_baseline(data: Path, config: Config, on_stage: OnStage = lambda _: None) -> Evaluation:
    """Trains on the first pass of a configuration; fitted and measured like the model, but for aspects."""
    training = [example.row for example in examples_of_pass(read_pool(data, config), config, 0)]
    dev = list(read_rows(data, "dev"))
    logits = np.zeros((len(dev), WAYS.shape[1]))
    for group in sorted(set(_GROUPS.values())):
        on_stage(f"counting words: {group}")
        places = [place for place, row in enumerate(dev) if _GROUPS.get(row.lang) == group]
        if places:
            rows = [row for row in training if _GROUPS.get(row.lang) == group]
            logits[places] = star_logits(rows, [dev[place] for place in places], group in _BY_CHARACTER)
    aspects = np.zeros((len(dev), 2 * len(config.aspects)), np.float32)
    fitting, measuring = halves(Sample(dev, logits.astype(np.float32), aspects))
    return measure(measuring, config.aspects, fit(fitting, config.aspects))


def star_logits(rows: Sequence[Row], dev: Sequence[Row], by_character: bool) -> Doubles:
    """[dev, 5]: one regression for the way, and within a way one for the star where stars are known."""
    ways = _probabilities(rows, dev, [row.label for row in rows], LABELS, by_character)
    stars = _probabilities(rows, dev, [row.stars for row in rows], (1, 2, 3, 4, 5), by_character)
    within = stars / ((stars @ WAYS.T) @ WAYS)
    return np.asarray(np.log(np.maximum(ways @ WAYS * within, 1e-9)))


def _probabilities(
    rows: Sequence[Row],
    dev: Sequence[Row],
    classes: Sequence[object],
    order: Sequence[object],
    by_character: bool,
) -> Doubles:
    """[dev, order]: equal where too few rows tell, and small where a class never occurs."""
    known = [place for place, value in enumerate(classes) if value in order]
    found = np.full((len(dev), len(order)), 1e-6)
    numbers = [order.index(classes[place]) for place in known]
    if len(known) < _LEAST_ROWS or len(set(numbers)) == 1:
        return found / found.sum(axis=1, keepdims=True)
    model = _model(by_character).fit([_line(rows[place]) for place in known], numbers)
    found[:, model.classes_] = np.maximum(model.predict_proba([_line(row) for row in dev]), 1e-6)
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def _model(by_character: bool) -> Pipeline:
    counted = {"analyzer": "char", "ngram_range": (1, 3)} if by_character else {"ngram_range": (1, 2)}
    vectors = TfidfVectorizer(sublinear_tf=True, max_features=_MOST_FEATURES, **counted)
    return make_pipeline(vectors, LogisticRegression(C=4.0, max_iter=300))


def _line(row: Row) -> str:
    return joined(Text(row.text, row.title)).lower()
