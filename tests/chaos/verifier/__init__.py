"""Recomputes what an installation says from its journals, and compares it with what its clients were told.

Shares no code with what writes: plain SQL that fetches rows, and arithmetic of its own. It imports nothing of
core, loyalty, reviews, api or admin, which import-linter holds.
"""

from tests.chaos.verifier.findings import Finding
from tests.chaos.verifier.verify import verify

__all__ = ["Finding", "verify"]
