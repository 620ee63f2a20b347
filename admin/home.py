"""Where people land: customers in the portal, staff at their own desk."""

from typing import Any

from litestar import Request, Response, Router, get
from litestar.response import Redirect

from api.auth import StaffUser, requires_staff
from api.pages import page, see_other


@get("/")
async def root() -> Redirect:
    """Somebody who just typed the address."""
    return see_other("/portal")


@get("/staff", guards=[requires_staff])
async def desk(request: Request[StaffUser, Any, Any]) -> Redirect:
    """Who answers customers starts in the inbox, who tunes the programme in the studio."""
    answers = "inbox.reply" in request.user.permissions
    studio = "studio.publish" in request.user.permissions
    return see_other("/staff/studio" if studio and not answers else "/staff/inbox")


@get("/staff/pages", guards=[requires_staff])
async def all_pages(request: Request[StaffUser, Any, Any]) -> Response[str]:
    """Everything that whoever is signed in may open, by its name."""
    return page(request, "staff/pages.html", None)


router = Router("/", route_handlers=[root, desk, all_pages], include_in_schema=False)
