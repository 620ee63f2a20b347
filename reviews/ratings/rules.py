"""What counts of stars say. Pure."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

Scope = Literal["product", "store", "shop"]
Period = Literal["all", "month", "day"]

PRIOR_RATINGS = 10
"""A product is taken to have had so many ratings of the shop's mean before its first: three reviews of five
stars do not outrank three hundred of 4.8."""


@dataclass(frozen=True)
class Rating:
    """Published reviews and their stars."""

    reviews: int
    """With and without stars."""
    stars: tuple[int, int, int, int, int]
    """How many have 1, 2, 3, 4, 5 stars, rounded half up."""
    stars_sum: Decimal
    """Of the ratings on 1 to 5 as they are, not rounded."""

    @property
    def ratings(self) -> int:
        """Reviews with stars."""
        return sum(self.stars)

    @property
    def mean(self) -> Decimal | None:
        """1 to 5, to four places; None: nobody has given stars."""
        if not self.ratings:
            return None
        return (self.stars_sum / self.ratings).quantize(Decimal("0.0001"), ROUND_HALF_UP)

    def __add__(self, other: "Rating") -> "Rating":
        a, b, c, d, e = (x + y for x, y in zip(self.stars, other.stars, strict=True))
        return Rating(self.reviews + other.reviews, (a, b, c, d, e), self.stars_sum + other.stars_sum)


NONE = Rating(0, (0, 0, 0, 0, 0), Decimal(0))


def bayesian(rating: Rating, prior_mean: Decimal, prior_ratings: int = PRIOR_RATINGS) -> Decimal:
    """The mean of these stars together with `prior_ratings` of `prior_mean`, to four places."""
    total = rating.stars_sum + prior_mean * prior_ratings
    return (total / (rating.ratings + prior_ratings)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
