"""What of a case is on its way, on its page and in its news; see views."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outgoing:
    """What waits to be sent. Undoing posts to /staff/inbox/cases/{case}/undo."""

    text: str
    undo_s: int
    """So many seconds are left to take it back; 0: none."""
    idempotency_key: str
    message_id: str = ""
    private: bool = False


@dataclass(frozen=True)
class Undelivered:
    """A reply that its source has not acknowledged. Retrying posts to /staff/inbox/cases/{case}/retry."""

    text: str
    failed: bool
    """False: it is on its way."""
    reason: str = ""
    """Why it failed, or what was wrong the last time, in the reader's language."""
    attempts: int = 0
    retry_key: str = ""
    """Empty: this person cannot retry it, or not now."""
    message_id: str = ""


@dataclass(frozen=True)
class Delivery:
    """What of a case is on its way (`staff/delivery_parts.html`); the news of the case bring it again."""

    case_id: str
    outgoing: tuple[Outgoing, ...] = ()
    undelivered: tuple[Undelivered, ...] = ()
