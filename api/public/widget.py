"""The script that shows reviews in a shop's own pages."""

from pathlib import Path

from litestar import MediaType, Response, get

from api.public.common import Visitor, cacheable

SCRIPT = Path(__file__).with_name("widget.js")


@get("/widget/reviews.js", include_in_schema=False)
async def show_script(request: Visitor) -> Response[bytes]:
    """One script without dependencies; see docs/publishing.md."""
    answer = cacheable(request, SCRIPT.read_bytes(), MediaType.TEXT)
    answer.headers["Cache-Control"] = "public, max-age=3600"
    answer.headers["Content-Type"] = "text/javascript; charset=utf-8"
    return answer


handlers = [show_script]
