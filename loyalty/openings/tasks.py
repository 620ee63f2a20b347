"""Files of opening balances that nobody decided on go."""

from core.sweeps import sweep_by
from loyalty.openings.sending import lapse

of_merchant = sweep_by("loyalty.openings", lapse)
