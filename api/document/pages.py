"""The description of the API for people; everything on the page is ours to serve."""

from typing import Any

from litestar import Request, Response, Router, get

from api.pages import page


@get("/api")
async def show_reference(request: Request[Any, Any, Any]) -> Response[str]:
    """Every operation and every webhook."""
    return page(request, "public/api_reference.html", None)


router = Router("/docs", route_handlers=[show_reference], include_in_schema=False)
