"""What orchestrators ask."""

from typing import Any

from litestar import Response, Router, get

from core import clock
from core.health import readiness


@get("/live")
async def live() -> dict[str, str]:
    """This process turns its loop."""
    return {"status": "ok"}


@get("/ready")
async def ready() -> Response[dict[str, Any]]:
    """What this process stands on answers; 503 while the database does not."""
    found = await readiness(clock.now())
    return Response(found, status_code=200 if found["ready"] else 503)


health = Router("/health", route_handlers=[live, ready], include_in_schema=False)
