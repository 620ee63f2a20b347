"""The application with one page more, served for pages.server alone: the staff's frame with nothing in it.

Whoever asks for it is recognised and their navigation drawn, as on every page; the page itself asks for
nothing.
"""

from typing import Any

from litestar import Request, Response, get

from admin import serve
from api.app import App
from api.auth import StaffUser, requires_staff
from api.pages import page
from core.settings import settings

PATH = "/staff/nothing"


@get(PATH, guards=[requires_staff])
async def nothing(request: Request[StaffUser, Any, Any]) -> Response[str]:
    """The frame alone."""
    return page(request, "staff/base.html", None)


def create() -> App:
    """The application; granian calls this."""
    application = serve.create()
    application.register(nothing)
    return application


if __name__ == "__main__":
    serve.serve(settings(), workers=1, application="tests.benchmarks.frames:create")
