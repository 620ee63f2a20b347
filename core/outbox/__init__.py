"""Work that must follow a committed change: written with it, delivered after it, done exactly once."""

from core.outbox.registry import Turn, handles, handles_batch
from core.outbox.service import add, add_many

__all__ = ["Turn", "add", "add_many", "handles", "handles_batch"]
