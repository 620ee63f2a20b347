"""Traces end with their week, whether or not anybody writes."""

from core.sweeps import sweep_by
from reviews.fraud import service

of_merchant = sweep_by("reviews.fraud.purge", service.purge)
