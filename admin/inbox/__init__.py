"""The community manager's inbox: lists of cases, one case, and what is done on it."""

from litestar import Router

from admin.inbox import deeds, models, pages, search, trends

router = Router(
    "/staff/inbox",
    route_handlers=[*pages.handlers, *search.handlers, *deeds.handlers, *models.handlers, *trends.handlers],
    include_in_schema=False,
)
