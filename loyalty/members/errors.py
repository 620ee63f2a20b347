"""What is refused about members."""

from core.errors import DomainError, Kind


class MemberLeft(DomainError):
    """Who has left the programme keeps the points and cannot spend them."""

    code = "member_left"
    kind = Kind.CONFLICT
    title = "The member has left the programme"
