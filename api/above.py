"""Where a person goes who opens an address that only takes forms.

A form that was refused is shown again at the address it was posted to. Whoever opens that address by itself
(a bookmark, the address bar, another language) is led to the nearest page above it, where the form is.
"""

from itertools import accumulate

from litestar import Litestar
from litestar.routes import HTTPRoute


def page_above(app: Litestar, path: str) -> str:
    """The nearest address above `path` that answers a GET; empty: there is none."""
    steps = [step for step in path.split("/") if step]
    above = ["/", *accumulate(steps[:-1], lambda left, step: f"{left.rstrip('/')}/{step}", initial="")]
    return next((each for each in reversed(above) if each and _is_page(app, each)), "")


def _is_page(app: Litestar, path: str) -> bool:
    steps = [step for step in path.split("/") if step]
    fits = [each for each in app.routes if isinstance(each, HTTPRoute) and _fits(each, steps)]
    # As the router does: a plain address goes before one with a parameter.
    found = min(fits, key=lambda route: len(route.path_parameters), default=None)
    return found is not None and "GET" in found.methods


def _fits(route: HTTPRoute, steps: list[str]) -> bool:
    wanted = route.path_components
    if len(wanted) != len(steps):
        return False
    for want, step in zip(wanted, steps, strict=True):
        if isinstance(want, str):
            if want != step:
                return False
        elif want.parser:
            try:
                want.parser(step)
            except ValueError:
                return False
    return True
