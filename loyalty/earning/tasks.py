"""What rules give for birthdays."""

from core.sweeps import sweep_by
from loyalty.earning.service import birthdays

of_merchant = sweep_by("loyalty.birthdays", birthdays)
