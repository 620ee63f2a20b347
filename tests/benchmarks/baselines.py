"""How well other ways read the same dev rows: counting words, and lists of words that have a mood.

Measured on the half that nothing was fitted on; macro-F1 of negative against positive, neutral rows left out.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from rich.table import Table

from core.settings import settings
from sentiment.calibrate import f1
from sentiment.evaluate import Evaluation, evaluate
from sentiment.model_file import DEFAULT_FOLDER
from sentiment.rows import Row, in_fitting_half, read_rows
from sentiment.text import joined
from sentiment.types import Text
from tests.benchmarks.registry import NotRun

NEEDED = ("sklearn", "snownlp", "textblob", "torch", "vaderSentiment")

Mood = Callable[[str], float]
"""How positive a text is; below 0 is negative."""


def table(data: Path | None) -> Table:
    """One line a set. Raises NotRun."""
    if data is None:
        raise NotRun("DATA=DIR names no folder of rows")
    if missing := [name for name in NEEDED if not find_spec(name)]:
        raise NotRun(f"{', '.join(missing)} not installed (the train extra)")
    ours = evaluate(data, settings().model_dir or DEFAULT_FOLDER)
    counted = _counted(data)
    rows = [row for row in read_rows(data, "dev") if not in_fitting_half(row)]
    found = Table("set", "rows", "regulars", "TF-IDF + LR", *_LEXICONS, title="Macro-F1 on dev, in points")
    for name, part in ours.sources.items():
        here = [row for row in rows if f"{row.source} {row.lang}" == name and row.label in ("neg", "pos")]
        if not here:
            continue
        scores = [part.macro_f1.value, counted.sources[name].macro_f1.value]
        scores += [
            macro_f1(here, mood()) if here[0].lang.partition("-")[0] == lang else float("nan")
            for lang, mood in _LEXICONS.values()
        ]
        found.add_row(
            name, str(len(here)), *["-" if np.isnan(each) else f"{100 * each:.1f}" for each in scores]
        )
    return found


def macro_f1(rows: Sequence[Row], mood: Mood) -> float:
    """Of the moods of rows that are negative or positive."""
    negative = np.array([row.label == "neg" for row in rows], bool)
    found = np.array([mood(joined(Text(row.text, row.title))) < 0 for row in rows], bool)
    return (f1(found, negative) + f1(~found, ~negative)) / 2


def _counted(data: Path) -> Evaluation:
    baseline, config = (import_module(f"sentiment.training.{name}") for name in ("baseline", "config"))
    evaluation: Evaluation = baseline.evaluate_baseline(data, config.read_config(config.STANDARD))
    return evaluation


def _vader() -> Mood:
    analyser = import_module("vaderSentiment.vaderSentiment").SentimentIntensityAnalyzer()
    return lambda text: float(analyser.polarity_scores(text)["compound"])


def _textblob() -> Mood:
    blob = import_module("textblob").TextBlob
    return lambda text: float(blob(text).sentiment.polarity)


def _snownlp() -> Mood:
    snow = import_module("snownlp").SnowNLP
    return lambda text: float(snow(text).sentiments) - 0.5


_LEXICONS: dict[str, tuple[str, Callable[[], Mood]]] = {
    "VADER": ("en", _vader),
    "TextBlob": ("en", _textblob),
    "SnowNLP": ("zh", _snownlp),
}
