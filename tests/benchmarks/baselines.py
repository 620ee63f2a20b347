"""How well other ways read the same dev rows: counting words, and lists of words that have a mood.

Measured on the half that nothing was fitted on; macro-F1 of negative against positive, neutral rows left out.
"""

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.table import Table

from core.settings import settings
from sentiment.calibrate import f1
from sentiment.evaluate import Evaluation, evaluate
from sentiment.model_file import DEFAULT_FOLDER, ModelError
from sentiment.rows import Row, dev_rows, in_fitting_half
from sentiment.text import joined
from sentiment.training import TrainingError
from sentiment.types import Text
from tests.benchmarks.registry import Figures, NotRun

Mood = Callable[[str], float]
"""How positive a text is; below 0 is negative."""
BySet = dict[str, float]
"""Macro-F1 by source and language ("openrice_senti zh-Hant")."""


class Way(NamedTuple):
    """One way to read the rows of a folder. `module` is what it needs, of the train extra.

    `lead`: by how much ours should be better on every set; 0: better at all.
    """

    title: str
    module: str
    lead: float
    figures: Callable[[Path], BySet]


def won(way: Way, data: Path | None) -> Figures:
    """On how many of its sets ours leads by as much as it should, of how many. Raises NotRun."""
    theirs, ours = read_by(way, data), read_by(OURS, data)
    return Figures(sum(leads(way, ours[name], figure) for name, figure in theirs.items()), len(theirs))


def leads(way: Way, ours: float, theirs: float) -> bool:
    """Whether ours is better, by the lead at least."""
    return ours > theirs if not way.lead else ours >= theirs + way.lead


@cache
def read_by(way: Way, data: Path | None) -> BySet:
    """What a way reaches on each set that it can read; minutes. Raises NotRun."""
    if data is None:
        raise NotRun("DATA=DIR names no folder of rows")
    if not find_spec(way.module):
        raise NotRun(f"{way.module} is not installed: pip install -e '.[train]'")
    try:
        return way.figures(data)
    except (TrainingError, ModelError) as error:
        raise NotRun(str(error)) from error


def table(data: Path) -> Table:
    """One line a set: in points, what ours has lost in brackets, with the way that keeps up with it.

    Raises NotRun when ours cannot read.
    """
    ours = read_by(OURS, data)
    found = Table("set", "rows", OURS.title, *[way.title for way in WAYS], title="Macro-F1 on dev, in points")
    others = [_unless_not_run(way, data) for way in WAYS]
    for name, here in clear_sets(data).items():
        cells = [
            "-" if name not in theirs
            else f"{100 * theirs[name]:.1f}" if leads(way, ours[name], theirs[name])
            else f"({100 * theirs[name]:.1f})"
            for way, theirs in zip(WAYS, others, strict=True)
        ]  # fmt: skip
        found.add_row(name, str(len(here)), f"{100 * ours[name]:.1f}", *cells)
    return found


def clear_sets(data: Path) -> dict[str, list[Row]]:
    """The negative and positive rows that measure, by set, in the order of their names."""
    sets: dict[str, list[Row]] = {}
    for row in dev_rows(data):
        if row.label in ("neg", "pos") and not in_fitting_half(row):
            sets.setdefault(f"{row.source} {row.lang}", []).append(row)
    return dict(sorted(sets.items()))


def macro_f1(rows: Sequence[Row], mood: Mood) -> float:
    """Of the moods of rows that are negative or positive."""
    negative = np.array([row.label == "neg" for row in rows], bool)
    found = np.array([mood(joined(Text(row.text, row.title))) < 0 for row in rows], bool)
    return (f1(found, negative) + f1(~found, ~negative)) / 2


def _unless_not_run(way: Way, data: Path) -> BySet:
    try:
        return read_by(way, data)
    except NotRun:
        return {}


def _ours(data: Path) -> BySet:
    return _by_set(evaluate(data, settings().model_dir or DEFAULT_FOLDER), data)


def _counted(data: Path) -> BySet:
    baseline, config = (import_module(f"sentiment.training.{name}") for name in ("baseline", "config"))
    return _by_set(baseline.evaluate_baseline(data, config.read_config(config.FURTHER)), data)


def _by_set(found: Evaluation, data: Path) -> BySet:
    return {name: found.sources[name].macro_f1.value for name in clear_sets(data)}


def _moody(language: str, load: Callable[[], Mood]) -> Callable[[Path], BySet]:
    """What a list of words reaches on the sets of its language."""

    def figures(data: Path) -> BySet:
        mood = load()
        return {
            name: macro_f1(rows, mood)
            for name, rows in clear_sets(data).items()
            if rows[0].lang.partition("-")[0] == language
        }

    return figures


def _vader() -> Mood:
    analyser = import_module("vaderSentiment.vaderSentiment").SentimentIntensityAnalyzer()
    return lambda text: float(analyser.polarity_scores(text)["compound"])


def _textblob() -> Mood:
    blob = import_module("textblob").TextBlob
    return lambda text: float(blob(text).sentiment.polarity)


def _snownlp() -> Mood:
    snow = import_module("snownlp").SnowNLP
    return lambda text: float(snow(text).sentiments) - 0.5


OURS = Way("regulars", "onnxruntime", 0.0, _ours)
COUNTING = Way("TF-IDF + LR", "sklearn", 0.0, _counted)
VADER = Way("VADER", "vaderSentiment", 0.1, _moody("en", _vader))
TEXTBLOB = Way("TextBlob", "textblob", 0.1, _moody("en", _textblob))
SNOWNLP = Way("SnowNLP", "snownlp", 0.1, _moody("zh", _snownlp))
WAYS = (COUNTING, VADER, TEXTBLOB, SNOWNLP)
