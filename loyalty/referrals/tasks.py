"""Referrals follow the friends' orders: every ten minutes."""

from core.sweeps import sweep_by
from loyalty.referrals import rewards

of_merchant = sweep_by("loyalty.referrals", rewards.settle, batches=True)
