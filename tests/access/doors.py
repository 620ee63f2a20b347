"""Every door of the application, and what it asks for."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from litestar import Litestar
from litestar.routes import HTTPRoute

from api.auth import RequiresPermission, RequiresScope, requires_customer, requires_staff


@dataclass(frozen=True)
class Door:
    """One method of one path. `asks` is a scope, a permission, "staff", "customer", or "" for everybody."""

    method: str
    path: str
    asks: str
    handler: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_program(self) -> bool:
        """For programs with an API key, not for people."""
        return self.path.startswith("/v1/")


def doors(app: Litestar) -> list[Door]:
    """All of them, each once; what the server answers by itself (OPTIONS, HEAD) is left out."""
    found = {(door.method, door.path): door for door in _doors(app)}
    return [found[key] for key in sorted(found)]


def _doors(app: Litestar) -> Iterator[Door]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                asks = [what for guard in handler.resolve_guards() if (what := _asks(guard))]
                assert len(asks) <= 1, (route.path, asks)
                for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                    yield Door(method, route.path, asks[0] if asks else "", handler)


@functools.singledispatch
def _asks(guard: Any) -> str:
    return {requires_staff: "staff", requires_customer: "customer"}.get(guard, "")


@_asks.register
def _(guard: RequiresScope) -> str:
    return guard.scope


@_asks.register
def _(guard: RequiresPermission) -> str:
    return guard.permission
