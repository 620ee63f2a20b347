"""The marketer's studio. `router` is what the application is composed of."""

from litestar import Router

from admin.studio.handlers import handlers

router = Router("/staff/studio", route_handlers=handlers, include_in_schema=False)
