"""What the owners' pages about who gets in are rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime

from core.design.case_views import SettingsForm


@dataclass(frozen=True)
class StaffKeys:
    """Idempotency keys of what can be done with somebody; empty: not to this person now."""

    change: str
    link: str = ""
    off: str = ""
    on: str = ""
    reset: str = ""


@dataclass(frozen=True)
class StaffLine:
    """One of the staff. Forms post to /staff/access/staff/{id}/change, link, off, on, reset."""

    id: str
    name: str
    email: str
    role: str
    """Code of kind "role"."""
    state: str
    """Code of kind "staff_state"."""
    second_factor: bool
    seen_at: datetime | None
    goodwill_limit_points: int
    self: bool
    keys: StaffKeys


@dataclass(frozen=True)
class StaffList:
    """`staff/access_staff.html`."""

    lines: tuple[StaffLine, ...]
    roles: tuple[str, ...]
    """Codes of kind "role"."""
    invite: SettingsForm
    required: bool
    """A second factor is required of everybody."""
    required_key: str
    without: int
    """How many have none."""


@dataclass(frozen=True)
class RoleTable:
    """`staff/access_roles.html`."""

    roles: tuple[str, ...]
    """Codes of kind "role"."""
    lines: tuple[tuple[str, tuple[bool, ...]], ...]
    """Code of kind "permission", and whether each role has it."""
    may_manage: bool
    """The reader may open the other pages about access."""


@dataclass(frozen=True)
class KeyLine:
    """An API key. Forms post to /staff/access/keys/{id}/revoke and replace."""

    id: str
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    """It was replaced."""
    state: str
    """Code of kind "key_state"."""
    revoke_key: str
    """Empty: it has ended."""
    replace_key: str
    """Empty: it has ended or was replaced."""


@dataclass(frozen=True)
class KeyList:
    """`staff/access_keys.html`."""

    lines: tuple[KeyLine, ...]
    scopes: tuple[tuple[str, str, bool], ...]
    """Scope, what it is for in the reader's language, and whether it is ticked."""
    key: str
    name: str = ""
    problem: str = ""
    secret: str = ""
    """A new key, shown this once."""


@dataclass(frozen=True)
class HandoffLine:
    """A key of the shop's server. Its forms post to /staff/access/handoff/{id}/sites and …/revoke."""

    id: str
    name: str
    sites: tuple[str, ...]
    """Whose pages send customers."""
    created_at: datetime
    last_used_at: datetime | None
    ended: bool
    sites_key: str
    revoke_key: str


@dataclass(frozen=True)
class HandoffKeys:
    """`staff/access_handoff.html`. Posts name and sites to /staff/access/handoff/make."""

    lines: tuple[HandoffLine, ...]
    key: str
    shop: str
    """What a token names as its issuer."""
    address: str
    audience: str
    new_id: str = ""
    secret: str = ""
    """Of a new key, shown this once."""


@dataclass(frozen=True)
class CompanySignIn:
    """`staff/access_company.html`. Posts to /staff/access/company and /staff/access/company/drop."""

    form: SettingsForm
    issuer: str
    """Empty: nobody signs in with a company account."""
    back: str
    """What the provider has to be told."""
    address: str
    """Where staff begin."""
    drop_key: str
