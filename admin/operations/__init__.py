"""What goes out and what got stuck. `router` is what the application is composed of."""

from litestar import Router

from admin.operations import messages
from admin.operations.handlers import handlers

router = Router("/staff", route_handlers=[*handlers, *messages.handlers], include_in_schema=False)
