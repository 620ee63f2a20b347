"""Members: who they are, which store they belong to, and by how many days their purchases are shifted."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random

from admin.demo.names import draw_name
from admin.demo.shapes import Customer, Purchase, Store
from admin.demo.stores import CHINESE, ENGLISH, MIXED

# 18 months. The longest real history spans 544 days, so every history fits whole and no purchase is left out.
WINDOW_DAYS = 548
EMAIL_DOMAINS = ("example.com", "example.org")

# The share of each store and locale, in turns of 20 members, so that a small shop has the same mix.
_TURN: tuple[tuple[Store, str], ...] = (
    *(((ENGLISH, "en"), (CHINESE, "zh-Hans"), (MIXED, "zh-Hant"), (MIXED, "en")) * 3),
    *(((ENGLISH, "en"), (CHINESE, "zh-Hans")) * 3),
    (ENGLISH, "en"),
    (MIXED, "zh-Hans"),
)


def place(position: int) -> tuple[Store, str]:
    """Store and locale of the member at this place of the seeded order."""
    return _TURN[position % len(_TURN)]


def day_shift(rng: Random, history: Sequence[Purchase], today: date) -> timedelta:
    """One offset for a whole history: its first day is not before the window, its last not after yesterday.

    Raises ValueError for a history longer than the window.
    """
    first, last = history[0].day, history[-1].day
    slack_days = WINDOW_DAYS - 2 - (last - first).days
    if slack_days < 0:
        raise ValueError(f"customer {history[0].customer} bought over more than {WINDOW_DAYS - 2} days")
    earliest = today - timedelta(days=WINDOW_DAYS - 1)
    return earliest + timedelta(days=rng.randint(0, slack_days)) - first


def make_customer(rng: Random, number: int, store: Store, locale: str, first_paid_at: datetime) -> Customer:
    """Somebody who signed up 5 to 40 minutes before the first purchase."""
    name = draw_name(rng, locale, store)
    return Customer(
        customer_id=f"C{number:05d}",
        number=number,
        name=name.full,
        email=f"{name.handle}.{number}@{rng.choice(EMAIL_DOMAINS)}",
        locale=locale,
        store_id=store.store_id,
        joined_at=first_paid_at - timedelta(minutes=rng.randint(5, 40)),
    )
