"""PostgreSQL and Valkey without Docker, root or system packages, and processes that end with us."""

from core.embedded.errors import EmbeddedError, ExtraMissing
from core.embedded.lifecycle import services
from core.embedded.processes import ChildGaveUp, Supervisor, interruptible
from core.embedded.record import Services

__all__ = [
    "ChildGaveUp",
    "EmbeddedError",
    "ExtraMissing",
    "Services",
    "Supervisor",
    "interruptible",
    "services",
]
