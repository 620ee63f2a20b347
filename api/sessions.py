"""Sessions as their owners see them; staff on their account, customers in the portal."""

from collections.abc import Sequence

from api.auth import Person
from core.design import account_views as views
from core.ids import new_id
from core.people import sessions


def shown(found: Sequence[sessions.Listed], person: Person, action: str) -> views.SessionList:
    """The list, and where its forms post to."""
    lines = (
        views.SessionLine(
            id=str(each.id),
            device=each.device,
            via=each.via,
            began_at=each.created_at,
            seen_at=each.seen_at,
            this=each.id == person.session.id,
            key=str(new_id()),
        )
        for each in found
    )
    return views.SessionList(action, tuple(sorted(lines, key=lambda line: not line.this)), str(new_id()))
