"""Who acts on cases, if they may."""

from uuid import UUID

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
