"""What counting words can do: TF-IDF and logistic regression on the rows of a pass. Needs scikit-learn."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from sentiment.calibrate import fit
from sentiment.evaluate import Evaluation, measure
from sentiment.probability import WAYS, Doubles
from sentiment.rows import LABELS, Row, Sample, dev_rows, halves
from sentiment.text import joined
from sentiment.training.config import Config
from sentiment.training.mixture import examples_of_pass, read_pool
from sentiment.types import Text

# Written without spaces, so characters are counted; Chinese of both scripts has one model.
_GROUPS = {"en": "en", "es": "es", "fr": "fr", "de": "de", "ja": "ja", "zh": "zh", "zh-Hant": "zh"}
_BY_CHARACTER = {"ja", "zh"}
_MOST_FEATURES = 200_000
_LEAST_ROWS = 20
_UNSEEN = 1e-6

OnStage = Callable[[str], None]


def evaluate_baseline(data: Path, config: Config, on_stage: OnStage = lambda _: None) -> Evaluation:
    """Trains on the first pass of a configuration; fitted and measured as the model is."""
    training = [example.row for example in examples_of_pass(read_pool(data, config), config, 0)]
    dev = dev_rows(data)
    stars = np.zeros((len(dev), WAYS.shape[1]), np.float32)
    aspects = np.zeros((len(dev), 2 * len(config.aspects)), np.float32)
    for group in sorted(set(_GROUPS.values())):
        on_stage(f"counting words: {group}")
        places = [place for place, row in enumerate(dev) if _GROUPS.get(row.lang) == group]
        rows = [row for row in training if _GROUPS.get(row.lang) == group]
        if places and rows:
            counted = Counted(rows, [dev[place] for place in places], group in _BY_CHARACTER)
            stars[places] = counted.stars()
            aspects[places] = counted.aspects(config.aspects)
    fitting, measuring = halves(Sample(dev, stars, aspects))
    return measure(measuring, config.aspects, fit(fitting, config.aspects))


class Counted:
    """The words of training rows and of other rows; a regression for each question answers for the others."""

    def __init__(self, rows: Sequence[Row], others: Sequence[Row], by_character: bool) -> None:
        analysed = {"analyzer": "char", "ngram_range": (1, 3)} if by_character else {"ngram_range": (1, 2)}
        vectors = TfidfVectorizer(sublinear_tf=True, max_features=_MOST_FEATURES, **analysed)
        self._rows = rows
        self._known = vectors.fit_transform(map(_line, rows))
        self._asked = vectors.transform(map(_line, others))

    def stars(self) -> Doubles:
        """[others, 5] logits: a regression for the way, and within it one for the star where any is known."""
        ways = self._answers([row.label for row in self._rows], LABELS)
        stars = self._answers([row.stars for row in self._rows], (1, 2, 3, 4, 5))
        within = stars / ((stars @ WAYS.T) @ WAYS)
        return np.asarray(np.log(ways @ WAYS * within))

    def aspects(self, names: Sequence[str]) -> Doubles:
        """[others, 2 x aspects] logits of mentioned and positive, from the rows that were annotated."""
        columns = []
        for name in names:
            looked = [name in (row.annotated or ()) for row in self._rows]
            said = [(row.aspects or {}).get(name) for row in self._rows]
            mentioned = [
                opinion is not None if known else None for opinion, known in zip(said, looked, strict=True)
            ]
            for answers in (self._answers(mentioned, (False, True)), self._answers(said, ("neg", "pos"))):
                columns.append(np.log(answers[:, 1] / answers[:, 0]))
        return np.stack(columns, axis=1)

    def _answers(self, classes: Sequence[object], order: Sequence[object]) -> Doubles:
        """[others, order] probabilities: alike where too few rows tell; a class never seen is unlikely."""
        known = [place for place, value in enumerate(classes) if value in order]
        numbers = [order.index(classes[place]) for place in known]
        found = np.full((self._asked.shape[0], len(order)), _UNSEEN)
        if len(known) >= _LEAST_ROWS and len(set(numbers)) > 1:
            model = LogisticRegression(C=4.0, max_iter=300).fit(self._known[known], numbers)
            found[:, model.classes_] = np.maximum(model.predict_proba(self._asked), _UNSEEN)
        return np.asarray(found / found.sum(axis=1, keepdims=True))


def _line(row: Row) -> str:
    return joined(Text(row.text, row.title)).lower()
