"""The marketer's studio. `router` is what the application is composed of."""

from litestar import Router

from admin.studio import achievements, handlers, wallets

router = Router(
    "/staff/studio",
    route_handlers=[*handlers.handlers, *achievements.handlers, *wallets.handlers],
    include_in_schema=False,
)
