"""Whom it is time to ask."""

from core.sweeps import sweep_by
from reviews.surveys import service

of_merchant = sweep_by("reviews.surveys", service.sweep)
