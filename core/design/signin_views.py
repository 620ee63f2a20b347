"""What the pages of signing in are rendered from; see views."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StaffSignIn:
    """`signin/staff.html`. Posts email, password, next to /staff/sign-in."""

    email: str = ""
    next_path: str = ""
    problem: str = ""
    """Code of kind "sign_in_problem"."""


@dataclass(frozen=True)
class CustomerSignIn:
    """`signin/customer.html`. Posts email, next to /portal/sign-in."""

    email: str = ""
    next_path: str = ""
    problem: str = ""
    """Code of kind "sign_in_problem"."""


@dataclass(frozen=True)
class LinkSent:
    """`signin/sent.html`: the same answer whether or not the address is known."""

    email: str
    valid_minutes: int
    mails_href: str = ""
    """The demo's page of outgoing mails."""


@dataclass(frozen=True)
class LinkConfirm:
    """`signin/confirm.html`: a mail scanner that opens the link must not use it up, so a person posts it."""

    action: str
    """Where the form posts token and csrf_token."""
    token: str
    name: str = ""
    """Whom the link signs in; empty: nobody, which is said when it is used."""
    current: str = ""
    """Somebody else who is signed in here now."""


@dataclass(frozen=True)
class HandoffConfirm:
    """`signin/handoff.html`: somebody comes with a link of the shop, which can be somebody else's."""

    action: str
    """Where the form posts token, next and csrf_token."""
    token: str
    next: str
    name: str
    """Whom the link signs in."""
    shop: str
    current: str = ""
    """Who is signed in here now."""
