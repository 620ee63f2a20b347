"""Folding, which nobody has to start."""

from core.sweeps import sweep_by
from reviews.ratings import service

of_merchant = sweep_by("reviews.ratings.fold", lambda _: service.fold(), batches=True)
