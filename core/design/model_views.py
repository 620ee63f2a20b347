"""What the page that compares models is rendered from; see views."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelDifference:
    """A review that two models read differently; `answered` and `shadow` are codes of kind "sentiment"."""

    excerpt: str
    language: str
    answered: str
    shadow: str
    case_href: str = ""


@dataclass(frozen=True)
class ModelPair:
    """Two models on the same reviews; `same_…` are shares."""

    answered_by: str
    shadow: str
    reviews: int
    same_sentiment: float
    same_stars: float
    newly_flagged: int
    no_longer_flagged: int
    corrected: int = 0
    answered_right: int = 0
    shadow_right: int = 0
    differences: tuple[ModelDifference, ...] = ()


@dataclass(frozen=True)
class Models:
    """`staff/models.html`."""

    pairs: tuple[ModelPair, ...] = ()
