"""Measures a model, as it would be shipped, on the half of the dev rows that nothing was fitted on."""

from pathlib import Path

import numpy as np
from msgspec import Struct

from sentiment.model_file import AspectThreshold, Calibration
from sentiment.probability import (
    STARS,
    Doubles,
    Ints,
    centred,
    logistic,
    median_stars,
    star_probabilities,
    three_ways,
)
from sentiment.rows import Bools, Sample, halves, labels, read_rows, run_network
from sentiment.types import LANGUAGES

_BINS = 10


class StarFigures(Struct, frozen=True):
    """Of rows with known stars; `mae_expected` is of the mean star, the rest of the predicted one."""

    rows: int
    mae: float
    mae_expected: float
    exact: float
    within_one: float


class LanguageFigures(Struct, frozen=True):
    """`accuracy` and `macro_f1` are of negative against positive, neutral rows left out.

    `negative_recall` and `negative_precision` are at the shipped threshold; flagged neutral rows count
    against the precision, and `negative_precision_clear` leaves them out. `calibration_error` is the
    expected calibration error of the probability of negative over ten bins.
    """

    rows: int
    negatives: int
    accuracy: float
    macro_f1: float
    negative_recall: float
    negative_precision: float
    negative_precision_clear: float
    calibration_error: float
    stars: StarFigures | None


class AspectFigures(Struct, frozen=True):
    """Precision, recall, F1 of finding it; where it is annotated, recall and precision of negatives."""

    mentioned: int
    precision: float
    recall: float
    f1: float
    negatives: int
    negative_recall: float
    negative_precision: float


class Evaluation(Struct, frozen=True):
    """Figures by language and by aspect; micro F1 over all mentions, macro F1 over aspects."""

    languages: dict[str, LanguageFigures]
    aspects: dict[str, AspectFigures]
    aspects_micro_f1: float
    aspects_macro_f1: float


def evaluate(data: Path, model: Path) -> Evaluation:
    """Scores the dev rows of a folder (see `rows`) and measures on the half that `calibrate` does not use.

    Raises `ModelError` for the model and `msgspec.DecodeError` for the rows.
    """
    settings, sample = run_network(list(read_rows(data, "dev")), model)
    return measure(halves(sample)[1], settings.aspects, settings.calibration)


def measure(sample: Sample, aspects: list[str], calibration: Calibration) -> Evaluation:
    """The figures of a sample under a calibration; languages without rows are left out."""
    parts = {language: sample.of_language(language) for language in LANGUAGES}
    languages = {lang: measure_language(part, lang, calibration) for lang, part in parts.items() if part.rows}
    found = {
        name: mentions(sample, column, name, calibration.aspect_thresholds[name].mentioned)
        for column, name in enumerate(aspects)
    }
    figures = {
        name: measure_aspect(sample, column, name, calibration.aspect_thresholds[name])
        for column, name in enumerate(aspects)
    }
    predicted = np.concatenate([pair[0] for pair in found.values()])
    true = np.concatenate([pair[1] for pair in found.values()])
    return Evaluation(
        languages=languages,
        aspects=figures,
        aspects_micro_f1=_precision_recall_f1(predicted, true)[2],
        aspects_macro_f1=float(np.mean([figure.f1 for figure in figures.values()])),
    )


def measure_language(sample: Sample, language: str, calibration: Calibration) -> LanguageFigures:
    """The figures of one language's rows."""
    stars = star_probabilities(sample.stars, calibration.temperature.of(language))
    ways, known = three_ways(stars), labels(sample.rows)
    negative, flagged = known == 0, ways[:, 0] >= calibration.negative_threshold.of(language)
    clear, labelled = (known == 0) | (known == 2), known >= 0
    worse = ways[:, 0] > ways[:, 2]
    precision, recall, _ = _precision_recall_f1(flagged[labelled], negative[labelled])
    both = [_precision_recall_f1(worse[clear] == way, negative[clear] == way)[2] for way in (True, False)]
    return LanguageFigures(
        rows=int(labelled.sum()),
        negatives=int(negative.sum()),
        accuracy=float((worse == negative)[clear].mean()) if clear.any() else 0.0,
        macro_f1=float(np.mean(both)),
        negative_recall=recall,
        negative_precision=precision,
        negative_precision_clear=_precision_recall_f1(flagged[clear], negative[clear])[0],
        calibration_error=calibration_error(ways[labelled, 0], negative[labelled]),
        stars=measure_stars(stars, np.array([row.stars or 0 for row in sample.rows], np.int64)),
    )


def measure_stars(probabilities: Doubles, given: Ints) -> StarFigures | None:
    """[n, 5] probabilities against the stars given, 0 where unknown; None when all are."""
    known = given > 0
    if not known.any():
        return None
    away = np.abs(median_stars(probabilities) - given)[known]
    return StarFigures(
        rows=int(known.sum()),
        mae=float(away.mean()),
        mae_expected=float(np.abs(probabilities @ STARS - given)[known].mean()),
        exact=float((away == 0).mean()),
        within_one=float((away <= 1).mean()),
    )


def mentions(sample: Sample, column: int, name: str, threshold: float) -> tuple[Bools, Bools]:
    """Where the aspect is found and where it is, among the rows whose annotators looked for it."""
    looked = np.array([name in (row.annotated or ()) for row in sample.rows], bool)
    true = np.array([name in (row.aspects or {}) for row in sample.rows], bool)
    return logistic(sample.aspects[:, 2 * column])[looked] >= threshold, true[looked]


def measure_aspect(sample: Sample, column: int, name: str, threshold: AspectThreshold) -> AspectFigures:
    """The figures of one aspect; `column` is its place among the outputs."""
    predicted, true = mentions(sample, column, name, threshold.mentioned)
    precision, recall, f1 = _precision_recall_f1(predicted, true)
    said = np.array([(row.aspects or {}).get(name, "") for row in sample.rows], str)
    clear = (said == "neg") | (said == "pos")
    negative = centred(logistic(sample.aspects[:, 2 * column + 1]), threshold.positive) < 0.5
    negative_precision, negative_recall, _ = _precision_recall_f1(negative[clear], said[clear] == "neg")
    return AspectFigures(
        mentioned=int(true.sum()),
        precision=precision,
        recall=recall,
        f1=f1,
        negatives=int((said == "neg").sum()),
        negative_recall=negative_recall,
        negative_precision=negative_precision,
    )


def calibration_error(probability: Doubles, true: Bools) -> float:
    """Mean distance between what was promised and what came true, over ten equally wide bins, by rows."""
    bins = np.minimum((probability * _BINS).astype(int), _BINS - 1)
    gaps = [abs(float((probability - true)[bins == number].sum())) for number in range(_BINS)]
    return sum(gaps) / max(1, len(probability))


def _precision_recall_f1(predicted: Bools, true: Bools) -> tuple[float, float, float]:
    hits = float((predicted & true).sum())
    precision, recall = hits / max(1, int(predicted.sum())), hits / max(1, int(true.sum()))
    return precision, recall, 2 * precision * recall / max(1e-12, precision + recall)
