"""Which reviews are shown: what waits for a person, what was decided, and the rules of it."""

from litestar import Router

from admin.moderation import pages, requests, settings

router = Router(
    "/staff/moderation",
    route_handlers=[*pages.handlers, *requests.handlers, *settings.handlers],
    include_in_schema=False,
)
