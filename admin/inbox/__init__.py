"""The community manager's inbox: lists of cases, one case, and what is done on it."""

from litestar import Router

from admin.inbox import (
    bulk,
    deeds,
    filling,
    further,
    lists,
    live,
    mails,
    models,
    pages,
    patrol,
    reports,
    search,
    settings,
    trends,
)

router = Router(
    "/staff/inbox",
    route_handlers=[
        *pages.handlers,
        *live.handlers,
        *search.handlers,
        *deeds.handlers,
        *further.handlers,
        *filling.handlers,
        *bulk.handlers,
        *lists.handlers,
        *models.handlers,
        *trends.handlers,
        *patrol.handlers,
        *reports.handlers,
        *mails.handlers,
        *settings.handlers,
    ],
    include_in_schema=False,
)
