"""View models of webhooks: endpoints and their health, what became of deliveries."""

from dataclasses import dataclass
from datetime import datetime

from core.design.case_views import SettingsForm


@dataclass(frozen=True)
class EndpointRow:
    """One endpoint. `state` and `reason`: codes of kinds "endpoint_state" and "endpoint_reason"."""

    url: str
    href: str
    note: str
    state: str
    reason: str
    failing_since: datetime | None
    succeeded_at: datetime | None
    queued: int
    delivered: int
    failed: int


@dataclass(frozen=True)
class DeliveryRow:
    """One event for one endpoint; without a key it cannot be sent again from here."""

    type: str
    href: str
    url: str
    state: str
    """Code of kind "webhook_delivery"."""
    reason: str
    """Code of kind "webhook_failure"."""
    status: int | None
    attempts: int
    at: datetime
    next_at: datetime | None
    resend_action: str = ""
    resend_key: str = ""


@dataclass(frozen=True)
class Webhooks:
    """`staff/webhooks.html`. `states`: code or empty for all, address, whether this one is shown."""

    endpoints: tuple[EndpointRow, ...]
    rows: tuple[DeliveryRow, ...]
    states: tuple[tuple[str, str, bool], ...]
    choices: tuple[tuple[str, str], ...]
    """Endpoints to choose among: id and address."""
    types: tuple[str, ...]
    endpoint: str
    type: str
    state: str
    new_href: str = ""
    first_href: str = ""
    next_href: str = ""


@dataclass(frozen=True)
class Action:
    """A button that posts, once a key."""

    action: str
    key: str


@dataclass(frozen=True)
class EndpointPage:
    """`staff/webhook_endpoint.html`: one endpoint, or a new one without `row`."""

    form: SettingsForm
    row: EndpointRow | None = None
    secret: str = ""
    old_until: datetime | None = None
    test: Action | None = None
    rotate: Action | None = None
    replay: Action | None = None
    drop: Action | None = None
    since: str = ""
    """From when on to send again, as a control of the form has it."""


@dataclass(frozen=True)
class AttemptRow:
    """One request."""

    number: int
    at: datetime
    duration_ms: int
    status: int | None
    failure: str
    """Code of kind "webhook_failure"; empty: it was taken."""
    answer: str


@dataclass(frozen=True)
class DeliveryPage:
    """`staff/webhook_delivery.html`."""

    row: DeliveryRow
    event_id: str
    body: str
    attempts: tuple[AttemptRow, ...]
