"""What goes out and what got stuck. `router` is what the application is composed of."""

from litestar import Router

from admin.operations import audit, messages, people, webhooks
from admin.operations.handlers import handlers

router = Router(
    "/staff",
    route_handlers=[
        *handlers,
        *messages.handlers,
        *webhooks.handlers,
        *people.handlers,
        *audit.handlers,
    ],
    include_in_schema=False,
)
