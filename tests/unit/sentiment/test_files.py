import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sentiment.files import MAX_LINE_BYTES, WINDOW_LINES, FileReport, score_file
from sentiment.scorer import Scorer, empty_score
from sentiment.text import RAW_CHARACTERS
from sentiment.types import Score, Text


class Watcher:
    """Stands in for the network, whose speed is not the question here; remembers what it was asked."""

    def __init__(self) -> None:
        self.windows: list[int] = []
        self.longest = 0

    def score(self, texts: Sequence[Text]) -> list[Score]:
        self.windows.append(len(texts))
        self.longest = max([self.longest, *(len(text.text) for text in texts)])
        return [empty_score(text.lang or "en", "watcher") for text in texts]


def ignore(done: int, total: int) -> None:
    pass


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def run(tmp_path: Path, content: bytes, scorer: Any) -> tuple[FileReport, list[dict[str, Any]]]:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(content)
    report = score_file(source, target, scorer, ignore)
    return report, read_lines(target)


def test_scores_come_in_input_order_with_the_promised_fields(tmp_path: Path, scorer: Scorer) -> None:
    rows = [
        {"id": "a", "text": "Absolutely love it, great quality!", "title": "Perfect", "lang": "en"},
        {"id": 7, "text": "质量太差了，用了两天就坏了"},
        {"id": "c", "text": "", "title": None, "lang": None, "unknown": [1]},
        {"id": "d", "text": "Sehr gut. " * 200, "lang": "de"},
    ]
    content = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
    report, scores = run(tmp_path, content, scorer)
    assert report == FileReport(lines=4, scored=4, rejected=0, rejects_path=None)
    assert [score["id"] for score in scores] == ["a", 7, "c", "d"]
    assert [score["sentiment"] for score in scores] == ["positive", "negative", "neutral", "positive"]
    for score in scores:
        assert list(score) == [
            "id",
            "sentiment",
            "probabilities",
            "stars_predicted",
            "stars_expected",
            "aspects",
            "model",
        ]
        assert set(score["probabilities"]) == {"negative", "neutral", "positive"}
        assert sum(score["probabilities"].values()) == pytest.approx(1)
        assert all(set(aspect) == {"aspect", "polarity", "confidence"} for aspect in score["aspects"])
    assert "quality" in [aspect["aspect"] for aspect in scores[0]["aspects"]]


REJECTED = [
    (b"{", "bad_json"),
    (b"not json", "bad_json"),
    (b"[" * 100_000, "bad_json"),
    (b'{"id": "a", "text": "caf\xe9"}', "bad_utf8"),
    (b'["a", "text"]', "not_an_object"),
    (b'{"text": "no id"}', "missing_id"),
    (b'{"id": "", "text": "no id"}', "missing_id"),
    (b'{"id": true, "text": "x"}', "wrong_type"),
    (b'{"id": 1.5, "text": "x"}', "wrong_type"),
    (b'{"id": "' + b"i" * 300 + b'", "text": "x"}', "id_too_long"),
    (b'{"id": "a"}', "missing_text"),
    (b'{"id": "a", "text": null}', "missing_text"),
    (b'{"id": "a", "text": 5}', "wrong_type"),
    (b'{"id": "a", "text": "x", "title": []}', "wrong_type"),
    (b'{"id": "a", "text": "x", "lang": 3}', "wrong_type"),
    (b'{"id": "a", "text": "' + b"x" * MAX_LINE_BYTES + b'"}', "line_too_long"),
]


def test_bad_lines_are_rejected_with_number_code_and_reason(tmp_path: Path) -> None:
    good = b'{"id": "good", "text": "fine"}'
    lines = [good, b"", *(line for line, _ in REJECTED), good]
    report, scores = run(tmp_path, b"\r\n".join(lines) + b"\n", Watcher())
    assert [score["id"] for score in scores] == ["good", "good"]
    assert report == FileReport(
        lines=len(REJECTED) + 2,
        scored=2,
        rejected=len(REJECTED),
        rejects_path=tmp_path / "out.jsonl.rejects.jsonl",
    )
    assert report.rejects_path is not None
    rejects = read_lines(report.rejects_path)
    expected = [(number, code) for number, (_, code) in enumerate(REJECTED, start=3)]
    assert [(reject["line"], reject["code"]) for reject in rejects] == expected
    assert all(reject["reason"] for reject in rejects)


def test_a_file_in_another_encoding_is_all_rejects(tmp_path: Path) -> None:
    content = '{"id": "a", "text": "gut"}\n{"id": "b", "text": "schön"}\n'.encode("utf-16")
    report, scores = run(tmp_path, content, Watcher())
    assert (report.scored, scores) == (0, [])
    assert report.rejected == report.lines >= 2


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    report, scores = run(tmp_path, b'\xef\xbb\xbf{"id": "a", "text": "x"}\n', Watcher())
    assert (report.rejected, [score["id"] for score in scores]) == (0, ["a"])


def test_half_a_surrogate_pair_is_scored_and_its_id_given_back(tmp_path: Path, scorer: Scorer) -> None:
    _, scores = run(tmp_path, b'{"id": "x\\ud83d", "text": "terrible \\ud83d quality"}\n', scorer)
    assert [(score["id"], score["sentiment"]) for score in scores] == [("x\ud83d", "negative")]


def test_an_empty_file_gives_an_empty_file(tmp_path: Path) -> None:
    report, scores = run(tmp_path, b"", Watcher())
    assert (report, scores) == (FileReport(0, 0, 0, None), [])


def test_windows_and_texts_are_bounded(tmp_path: Path) -> None:
    count = 2 * WINDOW_LINES + 5
    line = json.dumps({"id": "a", "text": "x" * 100})
    long = json.dumps({"id": "long", "text": "x" * 100_000})
    watcher = Watcher()
    report, scores = run(tmp_path, "\n".join([long, *[line] * (count - 1)]).encode(), watcher)
    assert watcher.windows == [WINDOW_LINES, WINDOW_LINES, 5]
    assert watcher.longest == RAW_CHARACTERS
    assert report.scored == len(scores) == count


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    import tracemalloc

    def peak(lines: int) -> int:
        source = tmp_path / f"{lines}.jsonl"
        with source.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps({"id": n, "text": "good " * 40}) + "\n" for n in range(lines))
        watcher: Any = Watcher()
        tracemalloc.start()
        score_file(source, tmp_path / "out.jsonl", watcher, ignore)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(WINDOW_LINES)
    assert peak(12 * WINDOW_LINES) < 1.2 * peak(2 * WINDOW_LINES)


def test_progress_counts_bytes_to_the_end(tmp_path: Path) -> None:
    source, calls = tmp_path / "in.jsonl", []
    source.write_bytes(b'{"id": "a", "text": "x"}\n' * (WINDOW_LINES + 1))
    watcher: Any = Watcher()
    score_file(source, tmp_path / "out.jsonl", watcher, lambda done, total: calls.append((done, total)))
    size = source.stat().st_size
    assert [total for _, total in calls] == [size, size]
    assert 0 < calls[0][0] < calls[1][0] == size


def test_a_failure_leaves_the_old_result_and_no_litter(tmp_path: Path) -> None:
    class Failing(Watcher):
        def score(self, texts: Sequence[Text]) -> list[Score]:
            raise RuntimeError("no memory")

    (tmp_path / "out.jsonl").write_text("old", encoding="utf-8")
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"id": "a", "text": "x"}\n{')
    failing: Any = Failing()
    with pytest.raises(RuntimeError):
        score_file(source, tmp_path / "out.jsonl", failing, ignore)
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_a_run_without_rejects_removes_the_rejects_of_the_last(tmp_path: Path) -> None:
    run(tmp_path, b"{\n", Watcher())
    assert (tmp_path / "out.jsonl.rejects.jsonl").exists()
    run(tmp_path, b'{"id": "a", "text": "x"}\n', Watcher())
    assert not (tmp_path / "out.jsonl.rejects.jsonl").exists()


def test_a_missing_source_is_an_error_and_leaves_no_litter(tmp_path: Path) -> None:
    watcher: Any = Watcher()
    with pytest.raises(FileNotFoundError):
        score_file(tmp_path / "none.jsonl", tmp_path / "out.jsonl", watcher, ignore)
    assert list(tmp_path.iterdir()) == []
