"""The arithmetic of calibration and evaluation, on cases small enough to check by hand."""

import gzip
import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from admin.commands.model import evaluate_model
from sentiment import calibrate, evaluate
from sentiment.bootstrap import Bootstrap, Figure, figure
from sentiment.model_file import DEFAULT_FOLDER, AspectThreshold, ByLanguage, Calibration
from sentiment.probability import centred, predicted_stars, star_probabilities, three_ways
from sentiment.rows import Row, RowsInvalid, Sample, allowed_stars, halves, labels, read_rows
from sentiment.types import ASPECTS, LANGUAGES


def row(number: int = 0, **fields: object) -> Row:
    known = {"id": f"r{number}", "lang": "en", "text": "x", "source": "s", "split": "dev"}
    return Row(**{**known, **fields})  # type: ignore[arg-type]


def sample_of(rows: list[Row], stars: list[list[float]], aspects: list[list[float]] | None = None) -> Sample:
    outputs = aspects or [[0.0] * 16 for _ in rows]
    return Sample(rows, np.array(stars, np.float32), np.array(outputs, np.float32))


def calibration_of(**fields: object) -> Calibration:
    """Nothing is scaled, and every threshold is one half."""
    thresholds = {name: AspectThreshold(0.5, 0.5) for name in ASPECTS}
    return replace(Calibration(ByLanguage(1.0, {}), ByLanguage(0.5, {}), thresholds), **fields)


def test_probabilities_of_stars() -> None:
    [even, sure] = star_probabilities(np.array([[0.0] * 5, [9.0, 0, 0, 0, 0]]), 1.0)
    assert even == pytest.approx([0.2] * 5)
    assert sure[0] > 0.99
    [warm, cold] = star_probabilities(np.array([[1.0, 0, 0, 0, 0]] * 2), np.array([2.0, 0.5]))
    assert warm[0] < cold[0]
    assert three_ways(np.array([[0.1, 0.2, 0.3, 0.25, 0.15]]))[0] == pytest.approx([0.3, 0.3, 0.4])


@pytest.mark.parametrize(
    ("probabilities", "star"),
    [
        ([1, 0, 0, 0, 0], 1),
        # Two is in the middle, but one is right far more often.
        ([0.4, 0.2, 0.2, 0.1, 0.1], 1),
        ([0.2, 0.2, 0.2, 0.2, 0.2], 3),
        # Five is the likeliest, but too far from the others.
        ([0.3, 0.2, 0.1, 0.0, 0.4], 2),
        ([0, 0, 0, 0.49, 0.51], 5),
        ([0, 0.5, 0.5, 0, 0], 2),
    ],
)
def test_the_predicted_star_costs_least(probabilities: list[float], star: int) -> None:
    assert predicted_stars(np.array([probabilities])).tolist() == [star]


def test_no_star_costs_less_than_the_predicted_one() -> None:
    probabilities = np.random.default_rng(3).dirichlet(np.full(5, 0.5), 300)
    for each, star in zip(probabilities, predicted_stars(probabilities), strict=True):
        costs = [
            sum(p * (abs(said - given) + (said != given)) for given, p in enumerate(each, 1))
            for said in range(1, 6)
        ]
        assert costs[star - 1] == pytest.approx(min(costs))


def test_the_centre_becomes_one_half() -> None:
    moved = centred(np.array([0.0, 0.3, 0.7, 0.9, 1.0]), 0.7)
    assert moved[2] == pytest.approx(0.5)
    assert (np.diff(moved) > 0).all()
    assert (moved[0], moved[-1]) == pytest.approx((0, 1))


def test_what_labels_allow() -> None:
    rows = [row(stars=2, label="neg"), row(label="neg"), row(label="neu"), row(label="pos"), row()]
    assert allowed_stars(rows).astype(int).tolist() == [
        [0, 1, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [0, 0, 1, 0, 0],
        [0, 0, 0, 1, 1],
        [1, 1, 1, 1, 1],
    ]
    assert labels(rows).tolist() == [0, 0, 1, 2, -1]


def test_the_temperature_makes_promises_come_true() -> None:
    # Two stars are in play and the logits promise the first with odds of e^4 to 1; three of four keep it,
    # so the odds should be 3 to 1: 4 / T = log 3.
    logits = np.array([[4.0, 0, -90, -90, -90]] * 4)
    allowed = np.array([[True, False, False, False, False]] * 3 + [[False, True, False, False, False]])
    assert calibrate.best_temperature(logits, allowed) == pytest.approx(4 / np.log(3), rel=0.01)


def test_rows_that_allow_everything_do_not_move_the_temperature() -> None:
    assert calibrate.best_temperature(np.zeros((3, 5)), np.ones((3, 5), bool)) == 1.0


@pytest.mark.parametrize(
    ("recall", "threshold"), [(1.0, 0.2), (0.75, 0.4), (0.5, 0.6), (0.26, 0.6), (0.25, 0.8)]
)
def test_the_threshold_is_the_highest_with_enough_recall(recall: float, threshold: float) -> None:
    probability = np.array([0.8, 0.6, 0.4, 0.2, 0.9, 0.1])
    negative = np.array([True, True, True, True, False, False])
    found = calibrate.recall_threshold(probability, negative, recall)
    assert found == pytest.approx(threshold, abs=1e-4)
    assert (probability[negative] >= found).mean() >= recall


@pytest.mark.parametrize(
    ("precision", "threshold"), [(1.0, 0.8), (0.75, 0.4), (0.7, 0.4), (0.6, 0.2), (0.5, 0.1)]
)
def test_the_threshold_is_the_lowest_with_enough_precision(precision: float, threshold: float) -> None:
    probability = np.array([0.1, 0.8, 0.6, 0.4, 0.9, 0.2])
    negative = np.array([False, True, False, True, True, False])
    found = calibrate.precision_threshold(probability, negative, precision)
    assert found == pytest.approx(threshold, abs=1e-4)
    assert negative[probability >= found].mean() >= precision
    # Two as likely: both are found or none.
    tied = calibrate.precision_threshold(np.array([0.9, 0.5, 0.5]), np.array([True, True, False]), 0.9)
    assert tied == pytest.approx(0.9, abs=1e-4)


def test_no_negatives_no_promise() -> None:
    assert calibrate.recall_threshold(np.array([0.3]), np.array([False]), 0.9) == 0.5
    assert calibrate.precision_threshold(np.array([0.3]), np.array([False]), 0.9) == 1.0


def test_the_threshold_is_in_the_middle_of_those_that_keep_both_promises() -> None:
    """100 negatives at 0.2 to 0.9, 100 positives at 0 to 0.25: what each promise allows is counted here."""
    probability = np.concatenate([np.linspace(0.2, 0.9, 100), np.linspace(0.0, 0.25, 100)])
    negative = np.arange(200) < 100
    logits = np.log(np.maximum(np.stack([probability, *[(1 - probability) / 4] * 4], axis=1), 1e-9))
    rows = [row(number, label="neg" if bad else "pos") for number, bad in enumerate(negative)]
    # Of one to five stars the first is the probability; the second must not count.
    logits[:, 1] = -30
    probability = three_ways(star_probabilities(logits, 1.0))[:, 0]
    found = calibrate.fit_negative_thresholds(sample_of(rows, logits.tolist()), calibration_of()).of("en")
    kept = [
        limit
        for limit in np.sort(probability)
        if negative[probability >= limit].mean() >= calibrate.PRECISION_TARGET
        and (probability[negative] >= limit).mean() >= calibrate.RECALL_TARGET
    ]
    assert kept[0] < kept[-1]
    assert found == pytest.approx((kept[0] + kept[-1]) / 2, abs=2e-4)


def test_few_negatives_get_the_fallback() -> None:
    logits = {"neg": [3.0, 1, 0, 0, 0], "pos": [0.0, 0, 0, 1, 3]}
    few = [row(n, lang="ja", label="neg") for n in range(calibrate.MIN_NEGATIVES - 1)]
    many = [row(n, label=label) for n in range(60) for label in ("neg", "pos")]
    sample = sample_of([*few, *many], [[1.0, 0, 0, 0, 1]] * len(few) + [logits[r.label or ""] for r in many])
    thresholds = calibrate.fit_negative_thresholds(sample, calibration_of())
    assert thresholds.languages["ja"] == thresholds.fallback
    assert thresholds.languages["en"] > thresholds.fallback
    assert set(thresholds.languages) == set(LANGUAGES)


def test_aspect_thresholds() -> None:
    found = np.array([0.9, 0.7, 0.33, 0.3, 0.1])
    assert calibrate.best_mention_threshold(found, np.array([1, 1, 1, 0, 0], bool)) == 0.31
    assert calibrate.best_mention_threshold(found, np.zeros(5, bool)) == 0.5
    # Negatives come out at 0.6 and positives at 0.8: the centre must lie between.
    positive, negative = np.array([0.6] * 10 + [0.8] * 10), np.array([True] * 10 + [False] * 10)
    assert 0.6 < calibrate.best_centre(positive, negative) <= 0.8
    assert calibrate.best_centre(positive[:10], negative[:10]) == 0.5


def test_aspects_are_judged_only_where_they_were_looked_for() -> None:
    rows = [
        row(0, annotated=["quality"], aspects={"quality": "neg"}),
        row(1, annotated=["quality"], aspects={}),
        row(2, annotated=["price"], aspects={}),
        row(3),
    ]
    outputs = [[2.0, -2.0] + [0.0] * 14, [2.0, 0] + [0.0] * 14, [9.0] * 16, [9.0] * 16]
    sample = sample_of(rows, [[0.0] * 5] * 4, outputs)
    all_figures = evaluate.measure(sample, ASPECTS, calibration_of()).aspects
    figures = all_figures.aspects["quality"]
    assert (figures.mentioned, figures.precision.value, figures.recall.value) == (1, 0.5, 1.0)
    assert figures.negatives == 1
    assert (figures.negative_recall.value, figures.negative_precision.value) == (1.0, 1.0)
    assert (figures.shipped_recall.value, figures.shipped_precision.value) == (1.0, 1.0)
    # One mention, found; quality and price found once more each. Only quality is mentioned at all.
    assert all_figures.micro_f1.value == pytest.approx(2 / (1 + 3))
    assert all_figures.macro_f1.value == pytest.approx(2 / 3)


def test_what_is_shipped_of_an_aspect_is_found_and_called_negative() -> None:
    found, missed, negative, undecided = 2.0, -2.0, -2.0, -0.1
    said = {"neg": {"quality": "neg"}, "pos": {"quality": "pos"}, "": {}}
    rows: list[Row] = []
    outputs = []
    for label, mentioned, positive in (
        ("neg", found, negative),
        ("neg", missed, negative),
        ("neg", found, undecided),
        ("pos", found, negative),
        ("", found, negative),
        ("", missed, negative),
    ):
        rows.append(row(len(rows), annotated=["quality"], aspects=said[label]))
        outputs.append([mentioned, positive] + [0.0] * 14)
    sample = sample_of(rows, [[0.0] * 5] * len(rows), outputs)
    figures = evaluate.measure(sample, ASPECTS, calibration_of()).aspects.aspects["quality"]
    assert (figures.negative_recall.value, figures.negative_precision.value) == (1.0, 0.75)
    assert figures.shipped_recall.value == pytest.approx(1 / 3)
    assert figures.shipped_precision.value == pytest.approx(1 / 3)


def test_calibration_error() -> None:
    def error(probability: list[float], true: list[int]) -> float:
        boot = Bootstrap([str(number) for number in range(len(true))])
        return evaluate.calibration_error(boot, np.array(probability), np.array(true, bool))[0]

    assert error([1.0, 0.0], [1, 0]) == 0
    assert error([0.75] * 4, [1, 1, 1, 0]) == pytest.approx(0)
    assert error([0.9, 0.1], [0, 1]) == pytest.approx(0.9)


def test_figures_of_a_language() -> None:
    rows = [row(0, stars=1, label="neg"), row(1, stars=5, label="pos"), row(2, stars=3, label="neu"), row(3)]
    sure = [[20.0, 0, 0, 0, 0], [0.0, 0, 0, 20, 0], [20.0, 0, 0, 0, 0], [0.0, 0, 0, 0, 20]]
    evaluation = evaluate.measure(sample_of(rows, sure), list(ASPECTS), calibration_of())
    figures = evaluation.languages["en"]
    assert evaluation.sources == {"s en": figures}
    assert (figures.rows, figures.negatives, figures.accuracy.value) == (3, 1, 1.0)
    assert figures.macro_f1.value == pytest.approx(1)
    assert (figures.negative_recall.value, figures.negative_precision.value) == (1, 0.5)
    assert figures.negative_precision_clear.value == 1
    assert figures.stars is not None
    assert (figures.stars.rows, figures.stars.mae.value) == (3, 1.0)
    assert figures.stars.exact.value == pytest.approx(1 / 3)
    assert figures.stars.within_one.value == pytest.approx(2 / 3)


def test_intervals_hold_the_figure_and_shrink_with_rows() -> None:
    def interval(rows: int, groups: int) -> evaluate.Figure:
        right = np.arange(rows) % groups % 2 == 0
        return figure(Bootstrap([str(number % groups) for number in range(rows)]).mean(right))

    few, many, copies = interval(40, 40), interval(4_000, 4_000), interval(4_000, 40)
    for found in (few, many, copies):
        assert found.value == 0.5 and found.low < 0.5 < found.high
    # Four thousand rows that err as 40 do are known as well as 40.
    assert many.high - many.low < 0.05 < 0.2 < few.high - few.low
    assert copies.high - copies.low == pytest.approx(few.high - few.low, rel=0.3)


def test_translations_are_found_by_their_embedding() -> None:
    rows = [row(n, pair=f"p{n}") for n in range(3)] + [row(9, lang="de", pair=f"p{n}") for n in range(3)]
    sample = sample_of(rows, [[0.0] * 5] * 6)
    near = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]] * 2, np.float32)
    near[5] = near[0]
    embedded = Sample(rows, sample.stars, sample.aspects, near)
    found = evaluate.measure(embedded, ASPECTS, calibration_of()).translations_found
    assert found["de"].value == pytest.approx(2 / 3) and set(found) == {"de"}
    assert evaluate.measure(sample, ASPECTS, calibration_of()).translations_found == {}


def test_everything_is_fitted_for_every_language() -> None:
    said = {"neg": [2.0, 1, 0, 0, 0], "pos": [0.0, 0, 0, 1, 2]}
    rows = [row(n, lang=lang, label=label) for n, lang in enumerate(LANGUAGES) for label in said]
    fitted = calibrate.fit(sample_of(rows, [said[each.label or ""] for each in rows]), list(ASPECTS))
    assert set(fitted.aspect_thresholds) == set(ASPECTS)
    for numbers in (fitted.temperature, fitted.negative_threshold):
        assert set(numbers.languages) == set(LANGUAGES)


def test_the_bias_gives_every_way_its_share() -> None:
    # The network thinks that all five stars are as likely; three of four texts are praise.
    rows = [row(n, label="neg" if n % 4 == 0 else "pos") for n in range(400)]
    bias = calibrate.fit_way_bias(sample_of(rows, [[0.0] * 5] * 400), 1.0)
    biased = calibration_of(way_bias={"en": bias})
    promised = biased.stars(np.zeros((2, 5)), ["en", "de"])
    assert promised[0] == pytest.approx([0.125, 0.125, 0, 0.375, 0.375], abs=0.03)
    assert promised[1] == pytest.approx([0.2] * 5)
    few = rows[: calibrate.MIN_ROWS_OF_STARS - 1]
    assert calibrate.fit_way_bias(sample_of(few, [[0.0] * 5] * len(few)), 1.0) == (0, 0, 0)


def test_halves_are_stable_disjoint_and_keep_translations_together() -> None:
    rows = [row(n) for n in range(200)]
    rows += [row(n, id=f"t{n}{lang}", lang=lang, pair=f"p{n}") for n in range(50) for lang in LANGUAGES]
    sample = sample_of(rows, [[0.0] * 5] * len(rows))
    fit, held = halves(sample)
    again, _ = halves(sample_of(rows[::-1], [[0.0] * 5] * len(rows)))
    assert len(fit.rows) + len(held.rows) == len(rows)
    assert {r.id for r in fit.rows} == {r.id for r in again.rows}
    assert not {r.pair for r in fit.rows if r.pair} & {r.pair for r in held.rows if r.pair}
    assert 0.35 < len(fit.rows) / len(rows) < 0.65


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with gzip.open(tmp_path / "few.jsonl.gz", "wt", encoding="utf-8") as file:
        for number in range(24):
            good = number % 2 == 0
            text = f"{'I love it' if good else 'It broke, waste of money'}, order {number}"
            known = {"id": str(number), "lang": "en", "title": "", "text": text, "source": "few"}
            labelled = {"stars": 5 if good else 1, "label": "pos" if good else "neg", "split": "dev"}
            file.write(json.dumps(known | labelled | {"aspects": None, "annotated": None}) + "\n")
        file.write(
            json.dumps({"id": "t", "lang": "en", "text": "x", "source": "few", "split": "train"}) + "\n"
        )
    return tmp_path


def test_rows_of_a_split(data: Path) -> None:
    assert len(list(read_rows(data, "dev"))) == 24
    assert [found.id for found in read_rows(data, "train")] == ["t"]


KNOWN = '"id": "a", "lang": "en", "text": "x", "source": "s"'


@pytest.mark.parametrize(
    "line",
    [
        "{",
        '"text"',
        f"{{{KNOWN}}}",
        f'{{{KNOWN}, "split": 1}}',
        f'{{{KNOWN}, "split": "dev", "stars": 6}}',
        f'{{{KNOWN}, "split": "dev", "stars": 0}}',
        f'{{{KNOWN}, "split": "dev", "label": "negative"}}',
        f'{{{KNOWN}, "split": "dev", "aspects": {{"price": "bad"}}}}',
    ],
)
def test_a_row_that_cannot_be_read_is_named(data: Path, line: str) -> None:
    with gzip.open(data / "few.jsonl.gz", "at", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(RowsInvalid, match=r"few\.jsonl\.gz, line 26"):
        list(read_rows(data, "train"))


def test_without_a_dev_row_nothing_is_measured(tmp_path: Path) -> None:
    with pytest.raises(RowsInvalid, match=r"no .* dev row"):
        evaluate.evaluate(tmp_path, DEFAULT_FOLDER)


def test_a_folder_of_rows_to_figures(data: Path) -> None:
    figures = evaluate.evaluate(data, DEFAULT_FOLDER).languages
    assert set(figures) == {"en"}
    assert figures["en"].accuracy.value == 1.0
    assert 0 < figures["en"].rows < 24


def test_figures_are_printed_with_their_intervals(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "figures.json"
    evaluate_model(data, DEFAULT_FOLDER, report, threads=1, baseline=None)
    printed = capsys.readouterr().out
    assert "1.000 ±0.000" in printed and "few en" in printed and "usability" in printed
    figures = msgspec.json.decode(report.read_bytes(), type=evaluate.Evaluation)
    assert figures.languages["en"].accuracy == Figure(1.0, 1.0, 1.0)
