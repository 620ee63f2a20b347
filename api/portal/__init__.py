"""The customers' pages. `router` is what the application is composed of."""

from litestar import Router

from api.auth import requires_customer
from api.portal import (
    activity,
    chat,
    earning,
    friends,
    goals,
    help,
    messages,
    pages,
    profile,
    rating,
    reviews,
    rewards,
    sessions,
    writing,
)
from api.portal.common import NotJoined

router = Router(
    "/portal",
    route_handlers=[
        *pages.handlers,
        *activity.handlers,
        *rewards.handlers,
        *earning.handlers,
        *goals.handlers,
        *friends.handlers,
        *messages.handlers,
        *profile.handlers,
        *rating.handlers,
        *reviews.handlers,
        *chat.handlers,
        *writing.handlers,
        *help.handlers,
        *sessions.handlers,
    ],
    guards=[requires_customer],
    exception_handlers={NotJoined: pages.to_invitation},
    include_in_schema=False,
)
