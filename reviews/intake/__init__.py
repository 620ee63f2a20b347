"""Take reviews in: one normal form, whatever the source."""

from reviews.intake.model import IncomingReview, Received, Status
from reviews.intake.service import receive, remove

__all__ = ["IncomingReview", "Received", "Status", "receive", "remove"]
