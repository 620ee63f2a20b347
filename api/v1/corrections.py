"""What people say that a review says."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from api.auth import requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS
from core import clock
from reviews.versions import service
from reviews.versions.rules import Correction
from sentiment.types import Sentiment

Aspect = Literal["quality", "price", "shipping", "service", "packaging", "accuracy", "usability", "design"]


class NewCorrection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the text says to a person, whatever stars came with it. `stars` must agree with `sentiment`.

    `aspects`: everything that the text speaks about, with its polarity; null: nobody looked.
    """

    sentiment: Sentiment
    stars: Annotated[int, Meta(ge=1, le=5)] | None = None
    aspects: dict[Aspect, Sentiment] | None = None


class Corrected(msgspec.Struct, frozen=True):
    """The correction as it is kept."""

    id: UUID


@post(
    "/reviews/{review_id:uuid}/corrections",
    guards=[requires_scope("reviews:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
    tags=["Reviews"],
)
async def post_correction(
    review_id: FromPath[UUID], data: JSONBody[NewCorrection], once: NamedDependency[Once[Corrected]]
) -> Response[Corrected]:
    """Say what the current wording says. Scores stay; corrections judge models and can train them."""

    async def effect() -> Corrected:
        said = Correction(data.sentiment, data.stars, data.aspects)  # type: ignore[arg-type]
        return Corrected(await service.correct(review_id, said, clock.now()))

    return await once(effect)
