"""What owners decide about the staff: who is in, as what, and who starts over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import db
from core.errors import DomainError, Kind, NotFound
from core.people import second_factor, sessions, staff, staff_links
from core.people.roles import ROLES

_LISTED = """
SELECT s.id, s.email, s.name, s.role, s.goodwill_limit_points, s.disabled_at,
       s.password_set_at IS NULL AS invited,
       EXISTS (SELECT FROM staff_second_factors f WHERE f.staff_id = s.id) AS has_second_factor,
       (SELECT max(e.seen_at) FROM sessions e WHERE e.staff_id = s.id) AS seen_at
FROM staff s ORDER BY s.disabled_at IS NOT NULL, lower(s.name), s.id
"""


class LastOwner(DomainError):
    """Nobody would be left who may do this."""

    code = "last_owner"
    kind = Kind.CONFLICT
    title = "A shop has at least one owner"


class OwnAccount(DomainError):
    """One's own second factor is switched off with the password, not here."""

    code = "own_account"
    kind = Kind.CONFLICT
    title = "This cannot be done to oneself"


@dataclass(frozen=True)
class Listed:
    """One of the staff as the owner sees them."""

    id: UUID
    email: str
    name: str
    role: str
    goodwill_limit_points: int
    disabled_at: datetime | None
    invited: bool
    """Has not chosen a password yet."""
    has_second_factor: bool
    seen_at: datetime | None


async def everybody() -> Sequence[Listed]:
    """The merchant's staff, those who are switched off last, in the open transaction."""
    return [Listed(**row) for row in await db.fetch(_LISTED)]


async def invite(
    email: str, name: str, role: str, locale: str, goodwill_limit_points: int, now: datetime
) -> UUID:
    """Add somebody and send them a link, in the open transaction.

    Raises staff.UnknownRole or staff.StaffExists.
    """
    staff_id = await staff.create(
        email, name, role, None, now, locale=locale, goodwill_limit_points=goodwill_limit_points
    )
    await staff_links.send(staff_id, now)
    return staff_id


async def change(staff_id: UUID, role: str, goodwill_limit_points: int, now: datetime) -> None:
    """Give somebody another role and limit, in the open transaction; with another role they sign in again.

    Raises staff.UnknownRole, NotFound or LastOwner.
    """
    if role not in ROLES:
        raise staff.UnknownRole(f"{role!r} is none of {', '.join(ROLES)}")
    await _take_turn()
    before = await db.fetchval("SELECT role FROM staff WHERE id = $1", staff_id)
    if before is None:
        raise NotFound(f"nobody of the staff with the id {staff_id}")
    await db.execute(
        "UPDATE staff SET role = $2, goodwill_limit_points = $3 WHERE id = $1",
        staff_id,
        role,
        goodwill_limit_points,
    )
    await _expect_an_owner()
    if role != before:
        await sessions.revoke_all(now, staff_id=staff_id)


async def switch_off(staff_id: UUID, now: datetime) -> None:
    """Take somebody's access away at once, in the open transaction. Raises NotFound or LastOwner."""
    await _take_turn()
    await _expect(staff_id)
    await staff.disable(staff_id, now)
    await db.execute("DELETE FROM staff_links WHERE staff_id = $1", staff_id)
    await _expect_an_owner()


async def switch_on(staff_id: UUID) -> None:
    """Let somebody in again, in the open transaction. Raises NotFound."""
    await _expect(staff_id)
    await db.execute("UPDATE staff SET disabled_at = NULL WHERE id = $1", staff_id)


async def send_link(staff_id: UUID, now: datetime) -> None:
    """Let somebody choose a password, in the open transaction. Raises NotFound."""
    await staff_links.send(staff_id, now)


async def reset_second_factor(staff_id: UUID, by: UUID, now: datetime) -> None:
    """For somebody who has lost it, in the open transaction; their sessions end.

    Raises NotFound or OwnAccount.
    """
    await _expect(staff_id)
    if staff_id == by:
        raise OwnAccount()
    await second_factor.remove(staff_id)
    await sessions.revoke_all(now, staff_id=staff_id)


async def _expect(staff_id: UUID) -> None:
    if not await db.fetchval("SELECT EXISTS (SELECT FROM staff WHERE id = $1)", staff_id):
        raise NotFound(f"nobody of the staff with the id {staff_id}")


async def _expect_an_owner() -> None:
    sql = "SELECT EXISTS (SELECT FROM staff WHERE role = 'owner' AND disabled_at IS NULL)"
    if not await db.fetchval(sql):
        raise LastOwner()


async def _take_turn() -> None:
    """Of two owners who remove each other the second is refused."""
    await db.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('staff.roles ' || current_merchant(), 0))"
    )
