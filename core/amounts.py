"""Money and times as people type them, and as they are shown to be typed again. Pure."""

import re
from decimal import Decimal, InvalidOperation

from babel.numbers import get_currency_precision

HOUR_S = 3600
MOST = 10**9
"""Units of a currency, or hours, that anybody types."""
_CLOCK = re.compile(r"(\d{1,5}):([0-5]\d)(?::([0-5]\d))?")


def minor(typed: str, currency: str) -> int | None:
    """An amount such as 12.50 in minor units, 0 or more; None: it is none in this currency."""
    amount = _decimal(typed)
    if amount is None:
        return None
    exact = amount * 10 ** get_currency_precision(currency)
    return int(exact) if exact == int(exact) else None


def money(amount_minor: int, currency: str) -> str:
    """What minor() reads as this amount."""
    precision = get_currency_precision(currency)
    return f"{Decimal(amount_minor).scaleb(-precision):.{precision}f}"


def seconds(typed: str) -> int | None:
    """Hours such as 2.5, or hours, minutes and seconds such as 0:20; None: it is no time."""
    if read := _CLOCK.fullmatch(typed.strip()):
        return int(read[1]) * HOUR_S + int(read[2]) * 60 + int(read[3] or 0)
    hours = _decimal(typed)
    return None if hours is None else round(hours * HOUR_S)


def hours(duration_s: int) -> str:
    """What seconds() reads as exactly this time."""
    if duration_s % 36 == 0:
        text = f"{Decimal(duration_s) / HOUR_S:.2f}"
        return text.rstrip("0").rstrip(".")
    minutes, rest = divmod(duration_s, 60)
    clock = f"{minutes // 60}:{minutes % 60:02}"
    return f"{clock}:{rest:02}" if rest else clock


def _decimal(typed: str) -> Decimal | None:
    try:
        found = Decimal(typed.strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found < MOST else None
