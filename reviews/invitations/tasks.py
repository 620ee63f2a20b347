"""Whom it is time to ask."""

from core.sweeps import sweep_by
from reviews.invitations import service

of_merchant = sweep_by("reviews.invitations", service.sweep)
