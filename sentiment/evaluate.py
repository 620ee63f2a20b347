"""Measures a model, as it would be shipped, on the half of the dev rows that nothing was fitted on."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from msgspec import Struct

from sentiment.bootstrap import Bootstrap, Figure, figure, share
from sentiment.model_file import AspectThreshold, Calibration
from sentiment.probability import UNDECIDED, Doubles, Ints, centred, logistic, predicted_stars, three_ways
from sentiment.rows import Bools, Sample, dev_rows, halves, labels, run_network
from sentiment.types import LANGUAGES

_BINS = 10


class StarFigures(Struct, frozen=True):
    """Of rows with known stars, about the predicted star."""

    rows: int
    mae: Figure
    exact: Figure
    within_one: Figure


class PartFigures(Struct, frozen=True):
    """`accuracy` and `macro_f1` are of negative against positive, neutral rows left out.

    `negative_recall` and `negative_precision` are at the shipped threshold; flagged neutral rows count
    against the precision, and `negative_precision_clear` leaves them out. `calibration_error` is the
    expected calibration error of the probability of negative over ten bins; its resamples lie above it.
    """

    rows: int
    negatives: int
    accuracy: Figure
    macro_f1: Figure
    negative_recall: Figure
    negative_precision: Figure
    negative_precision_clear: Figure
    calibration_error: Figure
    stars: StarFigures | None


class AspectFigures(Struct, frozen=True):
    """Precision, recall, F1 of finding it; where it is annotated, recall and precision of negatives.

    Both are of its polarity alone, found or not, neutral ones left out; the `shipped` ones of what the scorer
    says: found, and called negative. What is found where nobody speaks of it counts against that precision.
    """

    mentioned: int
    precision: Figure
    recall: Figure
    f1: Figure
    negatives: int
    negative_recall: Figure
    negative_precision: Figure
    shipped_recall: Figure
    shipped_precision: Figure


class AspectsFigures(Struct, frozen=True):
    """All aspects together: micro F1 over all mentions, macro F1 over aspects that are mentioned at all."""

    aspects: dict[str, AspectFigures]
    micro_f1: Figure
    macro_f1: Figure


class Evaluation(Struct, frozen=True):
    """Figures by language, by source and language ("openrice_senti zh-Hant"), and of aspects.

    `translations_found` is, by language, how often the text whose embedding is nearest among all English
    ones is the one that it was translated from; empty for models without embeddings.
    """

    languages: dict[str, PartFigures]
    sources: dict[str, PartFigures]
    aspects: AspectsFigures
    aspects_by_language: dict[str, AspectsFigures]
    translations_found: dict[str, Figure]


class Hits(NamedTuple):
    """Weighted counts, [1 + samples] each: found and true; found; true."""

    both: Doubles
    found: Doubles
    true: Doubles

    def precision(self) -> Doubles:
        return share(self.both, self.found)

    def recall(self) -> Doubles:
        return share(self.both, self.true)

    def f1(self) -> Doubles:
        return share(2 * self.both, self.found + self.true)


class Measured(NamedTuple):
    """A sample with the weights that it is measured under."""

    sample: Sample
    boot: Bootstrap

    def where(self, chosen: Bools) -> "Measured":
        return Measured(self.sample.where(chosen), self.boot.where(chosen))

    def hits(self, found: Bools, true: Bools) -> Hits:
        return Hits(self.boot.sum(found & true), self.boot.sum(found), self.boot.sum(true))


def evaluate(data: Path, model: Path, threads: int = 2) -> Evaluation:
    """Scores the dev rows of a folder (see `rows`) and measures on the half that `calibrate` does not use.

    Raises `ModelError` for the model and `RowsInvalid` for the rows.
    """
    settings, sample = run_network(dev_rows(data), model, threads)
    return measure(halves(sample)[1], settings.aspects, settings.calibration)


def measure(sample: Sample, aspects: Sequence[str], calibration: Calibration) -> Evaluation:
    """The figures of a sample under a calibration; parts without rows are left out."""
    # Translations of one text err together, so they are drawn together.
    measured = Measured(sample, Bootstrap([f"{row.source}:{row.pair or row.id}" for row in sample.rows]))
    languages = {lang: measured.where(_in(sample, lang)) for lang in LANGUAGES}
    languages = {lang: part for lang, part in languages.items() if part.sample.rows}
    kinds = sorted({(row.source, row.lang) for row in sample.rows})
    of_source = np.array([f"{row.source} {row.lang}" for row in sample.rows], str)
    return Evaluation(
        languages={lang: measure_part(part, calibration) for lang, part in languages.items()},
        sources={
            f"{source} {lang}": measure_part(measured.where(of_source == f"{source} {lang}"), calibration)
            for source, lang in kinds
        },
        aspects=measure_aspects(measured, aspects, calibration),
        aspects_by_language={
            lang: measure_aspects(part, aspects, calibration)
            for lang, part in languages.items()
            if any(row.annotated for row in part.sample.rows)
        },
        translations_found=measure_translations(measured),
    )


def measure_part(part: Measured, calibration: Calibration) -> PartFigures:
    """The figures of some rows; each is measured with the calibration of its language."""
    rows, boot = part.sample.rows, part.boot
    stars = calibration.stars(part.sample.stars, [row.lang for row in rows])
    thresholds = np.array([calibration.negative_threshold.of(row.lang) for row in rows], float)
    ways, known = three_ways(stars), labels(rows)
    negative, flagged, labelled = known == 0, ways[:, 0] >= thresholds, known >= 0
    clear, worse = (known == 0) | (known == 2), ways[:, 0] > ways[:, 2]
    at_threshold = part.hits(flagged & labelled, negative)
    both = [part.hits((worse == way) & clear, (negative == way) & clear).f1() for way in (True, False)]
    error = calibration_error(boot.where(labelled), ways[labelled, 0], negative[labelled])
    return PartFigures(
        rows=int(labelled.sum()),
        negatives=int(negative.sum()),
        accuracy=figure(boot.where(clear).mean((worse == negative)[clear])),
        macro_f1=figure(np.mean(both, axis=0)),
        negative_recall=figure(at_threshold.recall()),
        negative_precision=figure(at_threshold.precision()),
        negative_precision_clear=figure(part.hits(flagged & clear, negative).precision()),
        calibration_error=figure(error),
        stars=measure_stars(boot, stars, np.array([row.stars or 0 for row in rows], np.int64)),
    )


def measure_stars(boot: Bootstrap, probabilities: Doubles, given: Ints) -> StarFigures | None:
    """[n, 5] probabilities against the stars given, 0 where unknown; None when all are."""
    known = given > 0
    if not known.any():
        return None
    away, part = np.abs(predicted_stars(probabilities) - given)[known], boot.where(known)
    return StarFigures(
        rows=int(known.sum()),
        mae=figure(part.mean(away)),
        exact=figure(part.mean(away == 0)),
        within_one=figure(part.mean(away <= 1)),
    )


def measure_aspects(part: Measured, aspects: Sequence[str], calibration: Calibration) -> AspectsFigures:
    """The figures of every aspect, in the order of the outputs, and of all together; 0 for none."""
    found = [mentions(part, column, name, calibration) for column, name in enumerate(aspects)]
    micro = Hits(*np.sum(found, axis=0)).f1() if found else np.zeros(1)
    said = [hits.f1() for hits in found if hits.true[0]]
    figures = {name: measure_aspect(part, column, name, calibration) for column, name in enumerate(aspects)}
    macro = np.mean(said, axis=0) if said else np.zeros(1)
    return AspectsFigures(figures, figure(micro), figure(macro))


def mentions(part: Measured, column: int, name: str, calibration: Calibration) -> Hits:
    """How often the aspect is found and is there, among the rows whose annotators looked for it."""
    rows = part.sample.rows
    true = np.array([name in (row.annotated or ()) and name in (row.aspects or {}) for row in rows], bool)
    return part.hits(is_found(part.sample, column, name, calibration), true)


def measure_aspect(part: Measured, column: int, name: str, calibration: Calibration) -> AspectFigures:
    """The figures of one aspect; `column` is its place among the outputs."""
    hits = mentions(part, column, name, calibration)
    said = np.array([(row.aspects or {}).get(name, "") for row in part.sample.rows], str)
    positive = polarity(part.sample, column, calibration.aspect_thresholds[name])
    of_negatives = part.hits((positive < 0.5) & np.isin(said, ("neg", "pos")), said == "neg")
    called = is_found(part.sample, column, name, calibration) & (0.5 - positive >= UNDECIDED)
    shipped = part.hits(called, said == "neg")
    return AspectFigures(
        mentioned=int(hits.true[0]),
        precision=figure(hits.precision()),
        recall=figure(hits.recall()),
        f1=figure(hits.f1()),
        negatives=int((said == "neg").sum()),
        negative_recall=figure(of_negatives.recall()),
        negative_precision=figure(of_negatives.precision()),
        shipped_recall=figure(shipped.recall()),
        shipped_precision=figure(shipped.precision()),
    )


def is_found(sample: Sample, column: int, name: str, calibration: Calibration) -> Bools:
    """[n]: whether annotators looked for the aspect, and the scorer finds it."""
    looked = np.array([name in (row.annotated or ()) for row in sample.rows], bool)
    threshold = calibration.aspect_thresholds[name].mentioned
    return looked & (logistic(sample.aspects[:, 2 * column]) >= threshold)


def polarity(sample: Sample, column: int, threshold: AspectThreshold) -> Doubles:
    """[n]: how positively the aspect is spoken of, were it mentioned; below one half, negatively."""
    return centred(logistic(sample.aspects[:, 2 * column + 1]), threshold.positive)


def calibration_error(boot: Bootstrap, probability: Doubles, true: Bools) -> Doubles:
    """Mean distance between what was promised and what came true, over ten equally wide bins, by rows."""
    bins = np.minimum((probability * _BINS).astype(int), _BINS - 1)
    gaps = [np.abs(boot.sum((probability - true) * (bins == number))) for number in range(_BINS)]
    return share(np.sum(gaps, axis=0), boot.sum(np.ones(len(true))))


def measure_translations(measured: Measured) -> dict[str, Figure]:
    """By language, how often the nearest English text is the original."""
    sample = measured.sample
    if sample.embeddings is None:
        return {}
    keys = np.array([f"{row.source}:{row.pair}" if row.pair else "" for row in sample.rows], str)
    english = _in(sample, "en") & (keys != "")
    found = {}
    for language in LANGUAGES[1:]:
        chosen = _in(sample, language) & np.isin(keys, keys[english])
        if chosen.any():
            nearest = (sample.embeddings[chosen] @ sample.embeddings[english].T).argmax(axis=1)
            hit = keys[english][nearest] == keys[chosen]
            found[language] = figure(measured.boot.where(chosen).mean(hit))
    return found


def _in(sample: Sample, language: str) -> Bools:
    return np.array([row.lang == language for row in sample.rows], bool)
