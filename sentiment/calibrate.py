"""Fits temperatures and thresholds on scored rows: those of the half that nothing is measured on."""

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from sentiment.model_file import AspectThreshold, ByLanguage, Calibration, WayBias
from sentiment.probability import WAYS, Doubles, centred, logistic, star_probabilities, three_ways
from sentiment.rows import Bools, Sample, allowed_stars, labels
from sentiment.types import LANGUAGES

# Above what is wanted of unseen rows (0.92 and 0.82): thresholds always do worse there.
RECALL_TARGET = 0.93
PRECISION_TARGET = 0.85
# With fewer examples than this a number of one's own is noise.
MIN_NEGATIVES = 50
MIN_EXAMPLES_OF_POLARITY = 10
MIN_ROWS_OF_STARS = 200
# Keeps the bias of what hardly occurs near 0.
_BIAS_PENALTY = 0.003
_BIAS_STEPS = 400
_TEMPERATURES = np.geomspace(0.4, 4.0, 231)
_MENTION_THRESHOLDS = np.round(np.arange(0.05, 0.951, 0.01), 2)
_CENTRES = np.round(np.arange(0.30, 0.851, 0.01), 2)
_DIGITS = 4


def fit(sample: Sample, aspects: list[str]) -> Calibration:
    """`aspects` are the names of the aspect outputs, in their order."""
    parts = {language: sample.of_language(language) for language in LANGUAGES}
    scaled = Calibration(
        temperature=fit_temperatures(sample),
        negative_threshold=ByLanguage(0.5, {}),
        aspect_thresholds={name: fit_aspect(sample, column, name) for column, name in enumerate(aspects)},
    )
    biases = {lang: fit_way_bias(part, scaled.temperature.of(lang)) for lang, part in parts.items()}
    biased = replace(scaled, way_bias={lang: bias for lang, bias in biases.items() if any(bias)})
    return replace(biased, negative_threshold=fit_negative_thresholds(sample, biased))


def fit_temperatures(sample: Sample) -> ByLanguage:
    """For each language the temperature under which what is known of the stars is most likely; for those of
    few rows and the fallback: that of all.
    """

    def best(part: Sample) -> float:
        return best_temperature(part.stars, allowed_stars(part.rows))

    fallback, temperatures = best(sample), {}
    for language in LANGUAGES:
        part = sample.of_language(language)
        enough = is_telling(allowed_stars(part.rows)).sum() >= MIN_ROWS_OF_STARS
        temperatures[language] = best(part) if enough else fallback
    return ByLanguage(fallback, temperatures)


def is_telling(allowed: Bools) -> Bools:
    """[n]: whether anything is known of the stars of a row."""
    return np.asarray(allowed.sum(axis=1) < allowed.shape[1])


def best_temperature(logits: NDArray[np.floating], allowed: Bools) -> float:
    """The temperature of lowest loss for [n, 5] logits; 1 when no row excludes any star."""
    telling = is_telling(allowed)
    if not telling.any():
        return 1.0
    losses = [star_loss(logits[telling], allowed[telling], float(t)) for t in _TEMPERATURES]
    return round(float(_TEMPERATURES[int(np.argmin(losses))]), _DIGITS)


def fit_way_bias(sample: Sample, temperature: float) -> WayBias:
    """What to add to the scaled logits of the negative, neutral and positive stars of one language, so that
    each comes out as often as it is there; nothing when too few rows are known.
    """
    allowed = allowed_stars(sample.rows)
    telling = is_telling(allowed)
    bias = np.zeros(len(WAYS))
    if telling.sum() >= MIN_ROWS_OF_STARS:
        logits, allowed = sample.stars[telling] / temperature, allowed[telling]
        for _ in range(_BIAS_STEPS):
            promised = star_probabilities(logits + bias @ WAYS, 1.0)
            true = promised * allowed
            true /= true.sum(axis=1, keepdims=True)
            bias -= WAYS @ (promised - true).mean(axis=0) + _BIAS_PENALTY * bias
    negative, neutral, positive = np.round(bias, _DIGITS).tolist()
    return negative, neutral, positive


def star_loss(logits: NDArray[np.floating], allowed: Bools, temperature: float) -> float:
    """Mean negative log-likelihood of the allowed stars, in nats."""
    likelihood = (star_probabilities(logits, temperature) * allowed).sum(axis=1)
    return float(-np.log(np.maximum(likelihood, 1e-12)).mean())


def fit_negative_thresholds(sample: Sample, calibration: Calibration) -> ByLanguage:
    """For each language the middle of those that find RECALL_TARGET of its negatives while PRECISION_TARGET
    of what is found, neutral rows left out, is negative; where none does, RECALL_TARGET decides alone. The
    fallback: of all.
    """

    def threshold(part: Sample) -> float:
        stars = calibration.stars(part.stars, [row.lang for row in part.rows])
        probability, known = three_ways(stars)[:, 0], labels(part.rows)
        clear = (known == 0) | (known == 2)
        probability, negative = probability[clear], known[clear] == 0
        highest = recall_threshold(probability, negative, RECALL_TARGET)
        lowest = min(highest, precision_threshold(probability, negative, PRECISION_TARGET))
        return _just_below((lowest + highest) / 2)

    fallback, thresholds = threshold(sample), {}
    for language in LANGUAGES:
        part = sample.of_language(language)
        enough = (labels(part.rows) == 0).sum() >= MIN_NEGATIVES
        thresholds[language] = threshold(part) if enough else fallback
    return ByLanguage(fallback, thresholds)


def recall_threshold(probability: Doubles, negative: Bools, recall: float) -> float:
    """The highest threshold that finds at least `recall` of the negatives; 0.5 when there are none."""
    found = np.sort(probability[negative])[::-1]
    if not found.size:
        return 0.5
    return _just_below(found[int(np.ceil(recall * found.size - 1e-9)) - 1])


def precision_threshold(probability: Doubles, negative: Bools, precision: float) -> float:
    """The lowest threshold at which at least `precision` of what is found is negative; 1 when none is."""
    order = np.argsort(-probability, kind="stable")
    found = probability[order]
    precisions = negative[order].cumsum() / np.arange(1, len(order) + 1)
    # A threshold finds all of those that are as likely.
    last = np.append(found[1:] != found[:-1], True)[: len(found)]
    reached = np.flatnonzero((precisions >= precision) & last)
    return _just_below(found[reached[-1]]) if reached.size else 1.0


def _just_below(probability: float) -> float:
    """Rounded down, or the very row that gave it would be missed."""
    return float(np.floor(probability * 10**_DIGITS) / 10**_DIGITS)


def fit_aspect(sample: Sample, column: int, name: str) -> AspectThreshold:
    """Both thresholds by the best F1: of finding the aspect, and of finding what is negative about it."""
    part = sample.where(np.array([name in (row.annotated or ()) for row in sample.rows], bool))
    said = np.array([(row.aspects or {}).get(name, "") for row in part.rows], str)
    outputs = logistic(part.aspects[:, 2 * column : 2 * column + 2])
    mentioned, positive = outputs[:, 0], outputs[:, 1]
    clear = (said == "neg") | (said == "pos")
    return AspectThreshold(
        mentioned=best_mention_threshold(mentioned, said != ""),
        positive=best_centre(positive[clear], said[clear] == "neg"),
    )


def best_mention_threshold(probability: Doubles, mentioned: Bools) -> float:
    """The threshold of the best F1; 0.5 when nobody mentions the aspect."""
    if not mentioned.any():
        return 0.5
    scores = [f1(probability >= threshold, mentioned) for threshold in _MENTION_THRESHOLDS]
    return float(_MENTION_THRESHOLDS[int(np.argmax(scores))])


def best_centre(positive: Doubles, negative: Bools) -> float:
    """The output that is to mean "as likely negative as positive"; 0.5 when one of both is hardly there."""
    if min(negative.sum(), (~negative).sum()) < MIN_EXAMPLES_OF_POLARITY:
        return 0.5
    scores = [f1(centred(positive, float(centre)) < 0.5, negative) for centre in _CENTRES]
    return float(_CENTRES[int(np.argmax(scores))])


def f1(predicted: Bools, true: Bools) -> float:
    """F1 of a prediction; 0 when nothing is predicted or true."""
    return 2 * float((predicted & true).sum()) / max(1, int(predicted.sum() + true.sum()))
