"""What the pages about signing in, one's own account and sessions are rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup


@dataclass(frozen=True)
class CodeStep:
    """`signin/code.html`. Posts code, next to /staff/sign-in/code."""

    next_path: str
    problem: str = ""
    """Code of kind "sign_in_problem"."""


@dataclass(frozen=True)
class Enrol:
    """`signin/enrol.html`. Posts sealed, code, password, next to /staff/sign-in/enrol."""

    qr: Markup
    secret: str
    sealed: str
    next_path: str
    required: bool
    """The owner requires it; else the reader may go back."""
    problem: str = ""
    """Code of kind "sign_in_problem"."""


@dataclass(frozen=True)
class RecoveryCodes:
    """`signin/recovery_codes.html`: shown once, right after they were made."""

    codes: tuple[str, ...]
    next_path: str


@dataclass(frozen=True)
class Welcome:
    """`signin/welcome.html`. Posts token, password to /staff/welcome."""

    name: str
    token: str
    password_min_chars: int
    problem: str = ""
    """Code of kind "account_problem"."""


@dataclass(frozen=True)
class SessionLine:
    """A browser that is signed in."""

    id: str
    device: str
    """Proper names, such as "Firefox · Windows"; empty: it did not say."""
    via: str
    """Code of kind "session_via"; empty: not known."""
    began_at: datetime
    seen_at: datetime
    this: bool
    """The browser that shows the page."""
    key: str


@dataclass(frozen=True)
class SessionList:
    """Of `session_parts.html`; posts to `{action}/{id}/end` and `{action}/end-others`."""

    action: str
    lines: tuple[SessionLine, ...]
    others_key: str


@dataclass(frozen=True)
class PortalSessions:
    """`portal/sessions.html`."""

    sessions: SessionList


@dataclass(frozen=True)
class Account:
    """`staff/account.html`: of whoever reads it."""

    email: str
    name: str
    role: str
    """Code of kind "role"."""
    sessions: SessionList
    second_factor: bool
    second_factor_required: bool
    recovery_codes_left: int
    password_min_chars: int
    problem: str = ""
    """Code of kind "account_problem"."""
    problem_of: str = ""
    """The form that it is about: password, off or codes."""
