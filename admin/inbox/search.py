"""Any review, found by its words or by what it means: not only those that opened a case."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromQuery

from admin.inbox import words
from api.auth import StaffUser, requires_permission
from api.pages import locale_of, page
from core import clock, db
from core.design import publishing_views as views
from core.errors import DomainError
from core.i18n import Translator, mark, translator
from reviews.search import meaning
from reviews.search import service as search
from reviews.search.service import Filter, Found
from reviews.search.words import QueryEmpty, QueryTooLong

Staff = Request[StaffUser, Any, Any]
By = Literal["words", "meaning"]

PAGE_SIZE = 30
_CASES = "SELECT review_id, case_id AS id FROM case_reviews WHERE review_id = ANY ($1::uuid[])"
_PROBLEMS = {
    QueryEmpty.code: mark("Write at least one word that is to be found."),
    QueryTooLong.code: mark("This is too much to look for."),
}


@get("/search", guards=[requires_permission("inbox.read")])
async def show_search(
    request: Staff,
    q: FromQuery[str] = "",
    by: FromQuery[By] = "words",
    stars: FromQuery[str] = "",
    product: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Response[str]:
    """What was found; without a question the form alone. Raises CursorInvalid."""
    now, spoken = clock.now(), translator(locale_of(request))
    wanted = Filter(product.strip() or None, None, int(stars) if stars in ("1", "2", "3", "4", "5") else None)
    found: Sequence[Found] = ()
    following, problem, waiting = None, "", 0
    if q.strip():
        try:
            found, following = await _look(request, q, by, wanted, after)
        except DomainError as error:
            if error.code not in _PROBLEMS:
                raise
            problem = spoken.gettext(_PROBLEMS[error.code])
    async with db.transaction(request.user.merchant_id):
        rows = await db.fetch(_CASES, [each.review.id for each in found])
        waiting = await search.unindexed() if by == "words" else 0
    asked = {"q": q, "by": by, "stars": stars, "product": product}
    view = views.ReviewSearch(
        q=q,
        by=by,
        stars=stars,
        product=product,
        rows=tuple(_row(each, {row["review_id"]: row["id"] for row in rows}, spoken) for each in found),
        asked=bool(q.strip()) and not problem,
        problem=problem,
        waiting=waiting,
        next_href=f"/staff/inbox/search?{urlencode(asked | {'after': following})}" if following else "",
        first_href=f"/staff/inbox/search?{urlencode(asked)}" if after else "",
    )
    return page(request, "staff/review_search.html", view, section="inbox", now=now)


handlers = [show_search]


async def _look(
    request: Staff, q: str, by: By, wanted: Filter, after: str
) -> tuple[Sequence[Found], str | None]:
    if by == "words":
        async with db.transaction(request.user.merchant_id):
            found = await search.by_words(q, wanted, after, PAGE_SIZE)
        return found.rows, found.next
    if len(q) > 500:
        raise QueryTooLong("at most 500 characters")
    asked = await meaning.embedding(q)
    if asked is None:
        return (), None
    model, embedding = asked
    async with db.transaction(request.user.merchant_id):
        return await search.by_meaning(embedding, model, wanted, PAGE_SIZE), None


def _row(found: Found, cases: Mapping[UUID, UUID], spoken: Translator) -> views.FoundReview:
    review = found.review
    case = cases.get(review.id)
    return views.FoundReview(
        stars=review.stars,
        author=review.author,
        source=words.source(spoken, review.source),
        product=review.product_name or review.product_sku,
        language=review.lang,
        written_at=review.written_at,
        pieces=tuple(views.FoundPiece(each.text, each.match) for each in found.excerpt),
        state="shown" if review.published else review.moderation if review.kind == "review" else "mention",
        case_href=f"/staff/inbox/cases/{case}" if case else "",
    )
