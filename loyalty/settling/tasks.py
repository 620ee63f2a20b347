"""Pending points settle when their time has come."""

from core.sweeps import sweep_by
from loyalty.settling.service import settle_due

of_merchant = sweep_by("loyalty.settling", settle_due, batches=True)
