"""What stars or sentiment say never reaches the policy: not its types, not its SQL, not its imports."""

import ast
import re
import typing
from pathlib import Path

import msgspec

from loyalty.earning.service import Written
from loyalty.rules.facts import ReviewFacts
from reviews import moderation
from reviews.moderation.model import Finding, Reason, Submission, Verdict
from tests.factories.imports import imported

FOLDER = Path(moderation.__file__).parent
OPINION = (
    "rating",
    "stars",
    "sentiment",
    "score",
    "negative",
    "positive",
    "flag",
    "aspect",
    "polarity",
    "urgen",
    "cases",
    "case_",
)
KNOW_OPINIONS = ("sentiment", "reviews.scoring", "reviews.cases")
JUDGING = ("model.py", "rules.py", "redaction.py", "service.py", "queries.py", "tasks.py", "words.toml")


def fields(struct: type[msgspec.Struct]) -> dict[str, typing.Any]:
    return typing.get_type_hints(struct)


def test_a_submission_is_exactly_this() -> None:
    """Whoever adds a field says here that no opinion follows from it."""
    assert fields(Submission) == {
        "title": str,
        "body": str,
        "author": str,
        "repeats": str,
        "insider": bool,
        "insider_disclosed": bool,
        "hidden_before": str,
        "signals": tuple[str, ...],
    }
    assert set(fields(Verdict)) == {"findings", "redacted"}
    assert set(fields(Finding)) == {"reason", "evidence"}


def test_points_see_no_opinion_either() -> None:
    assert set(fields(Written)) == {"review_id", "member_id", "facts", "at"}
    assert set(fields(ReviewFacts)) == {"product", "verified_purchase", "has_photo"}


def test_no_reason_says_what_a_review_thinks() -> None:
    assert not [each for each in typing.get_args(Reason) if any(word in each for word in OPINION)]


def test_no_code_of_the_policy_reads_an_opinion() -> None:
    for name in JUDGING:
        lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
        code = [line for line in lines if not line.lstrip().startswith("#")]
        text = "\n".join(code) if name.endswith(".toml") else _without_docstrings("\n".join(code))
        assert not [word for word in OPINION if re.search(rf"(?<![a-z]){word}", text.casefold())], name


def test_the_policy_imports_nothing_that_knows_opinions() -> None:
    for name in JUDGING:
        if not name.endswith(".py"):
            continue
        known = imported((FOLDER / name).read_text(encoding="utf-8"))
        assert not [each for each in known if each.startswith(KNOW_OPINIONS)], name


def _without_docstrings(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            kept = [each for each in body if not _is_text(each)]
            node.body = kept or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.unparse(tree)


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
