"""The scripts that show reviews, and a member's points, in a shop's own pages."""

from pathlib import Path

from litestar import MediaType, Response, get

from api.public.common import Visitor, cacheable

REVIEWS = Path(__file__).with_name("widget.js")
MEMBER = Path(__file__).with_name("member.js")


@get("/widget/reviews.js", include_in_schema=False)
async def show_reviews_script(request: Visitor) -> Response[bytes]:
    """One script without dependencies; see docs/publishing.md."""
    return _script(request, REVIEWS)


@get("/widget/member.js", include_in_schema=False)
async def show_member_script(request: Visitor) -> Response[bytes]:
    """One script without dependencies; see docs/widget.md."""
    return _script(request, MEMBER)


handlers = [show_reviews_script, show_member_script]


def _script(request: Visitor, path: Path) -> Response[bytes]:
    answer = cacheable(request, path.read_bytes(), MediaType.TEXT)
    answer.headers["Cache-Control"] = "public, max-age=3600"
    answer.headers["Content-Type"] = "text/javascript; charset=utf-8"
    return answer
