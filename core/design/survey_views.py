"""View models of surveys."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SurveyPage:
    """`portal/survey.html`: one question, or the thanks."""

    shop: str
    question: str
    """Code of kind "survey_question"."""
    action: str
    number: int
    count: int
    key: str
    scale: tuple[int, ...] = ()
    score: int | None = None
    """What was answered before."""
    text: str = ""
    limit: int = 2000
    problem: str = ""
    again_href: str = ""
    """To change what was answered; empty: it cannot be any more."""
