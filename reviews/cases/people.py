"""Who acts on cases, if they may."""

from uuid import UUID

from core import db
from core.errors import Forbidden
from core.people import staff
from core.people.roles import permissions_of
from core.people.staff import StaffMember
from reviews.cases import machine


async def person(by: UUID, deed: str) -> StaffMember:
    """Raises core.errors.Forbidden."""
    member = await staff.find(by)
    if member is None or machine.PERMISSIONS[deed] not in permissions_of(member.role):
        raise Forbidden(f"{deed} is not for this person")
    return member


async def setter(by: UUID | None) -> None:
    """Who sets something up, to the end of the transaction alone: settings refer to each other.

    None: a program, whose scope was looked at where it came in. Raises core.errors.Forbidden.
    """
    if by:
        await person(by, "settings")
    await db.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('cases.settings ' || current_merchant(), 0))"
    )
