"""Holds whose time is over: their points are the members' again."""

from core.sweeps import sweep_by
from loyalty.ledger import release_due

of_merchant = sweep_by("loyalty.holds", release_due, batches=True)
