"""Awards follow what members do: everybody's, every ten minutes."""

from core.sweeps import sweep_by
from loyalty.achievements import service

of_merchant = sweep_by("loyalty.achievements", lambda now: service.evaluate(None, now))
