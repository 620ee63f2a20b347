"""What everybody may fetch from anywhere: published reviews, the widget, feeds. `router` is all of it."""

from litestar import Router

from api.public import feeds, member, policy, reading, reviews, widget

router = Router(
    "/public",
    route_handlers=[*widget.handlers, *reviews.handlers, *member.handlers, *feeds.handlers],
    tags=["Public"],
)
"""For programs of any origin: no key, no cookie."""
pages = Router("/shops", route_handlers=[*policy.handlers, *reading.handlers], include_in_schema=False)
"""For people."""
