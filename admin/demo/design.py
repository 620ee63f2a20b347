"""The page about the design: every component in every state, light and dark; only a demo has it."""

import re
from datetime import datetime, timedelta
from typing import Any

from litestar import Request, Response, get

from api.auth import StaffUser, requires_staff
from api.pages import locale_of, page
from core import clock
from core.design import design_views, inbox_views, portal_review_views, portal_views, staff_case_views
from core.design.pages import STATIC_DIR
from core.design.words import codes
from core.i18n import Translator, translator

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
_PROPERTY = re.compile(r"^  --([a-z0-9-]+):", re.M)
_COLOURS = (
    *("paper", "surface", "sunken", "line", "line-strong", "ink", "muted", "accent", "accent-soft"),
    *("amber", "good", "good-soft", "warm", "warm-soft", "bad", "bad-soft", "hero"),
)
_REWARDS = ("affordable", "short", "sold_out", "tier_locked", "limit_reached", "later", "left")
_LINES = ("earn", "settle", "redeem", "clawback", "expire", "goodwill")


@get("/staff/design", guards=[requires_staff])
async def show_design(request: Request[StaffUser, Any, Any]) -> Response[str]:
    """Every component; what it shows is made up here."""
    now = clock.now()
    view = sample(translator(locale_of(request)), now)
    return page(request, "staff/design.html", view, section="demo", now=now)


def properties() -> list[str]:
    """Names of the custom properties of the style sheet, in its order, each once."""
    return list(dict.fromkeys(_PROPERTY.findall((STATIC_DIR / "regulars.css").read_text())))


def sample(words: Translator, now: datetime) -> design_views.DesignPage:
    """Something in each state. Pure but for the style sheet."""
    named = properties()
    return design_views.DesignPage(
        colours=tuple(name for name in named if name in _COLOURS),
        spaces=tuple(name for name in named if re.fullmatch(r"s\d", name)),
        texts=tuple(name for name in named if name.startswith(("text", "heading", "figure"))),
        now=now,
        rewards=tuple(_reward(state, words, now) for state in _REWARDS),
        lines=tuple(_line(n, kind, now) for n, kind in enumerate(_LINES)),
        clocks=tuple(
            inbox_views.Clock(
                "first_reply", state, now + (HOUR if state in ("running", "warning") else -HOUR)
            )
            for state in sorted(codes("clock_state"))
        ),
        sentiments=(
            None,
            inbox_views.Sentiment("negative", 0.94),
            inbox_views.Sentiment("neutral", 0.61),
            inbox_views.Sentiment("positive", 0.99),
        ),
        aspects=tuple(
            inbox_views.Aspect(code, polarity, 0.9)
            for code, polarity in zip(
                sorted(codes("aspect")), ("negative", "neutral", "positive"), strict=False
            )
        ),
        tiers=_tiers(words, now),
        reviews=_reviews(words, now),
        events=tuple(
            staff_case_views.CaseEvent(now - n * HOUR, kind, "" if kind.startswith("clock") else "Mei Lin")
            for n, kind in enumerate(("reply", "note", "clock_breached", "goodwill", "resolved"))
        ),
        cases=tuple(
            portal_review_views.MyCase("", state, "", now, now + DAY if state != "resolved" else None)
            for state in sorted(codes("customer_case"))
        ),
    )


handlers = [show_design]


def _reward(state: str, words: Translator, now: datetime) -> portal_views.Reward:
    return portal_views.Reward(
        id=f"sample-{state}",
        name=words.gettext("Free shipping"),
        description=words.gettext("Delivery up to %(amount)s", amount="$5.00"),
        kind="shipping",
        price_points=400,
        state=state,
        short_points=120 if state == "short" else 0,
        tier_needed=words.gettext("Free shipping") if state == "tier_locked" else "",
        stock_left=3 if state == "affordable" else None,
        begins_at=now + DAY if state == "later" else None,
        redeem_key="sample",
    )


def _line(number: int, kind: str, now: datetime) -> portal_views.LedgerLine:
    points = -120 if kind in ("redeem", "clawback", "expire") else 120
    return portal_views.LedgerLine(
        id="sample",
        at=now - number * DAY,
        kind=kind,
        points=points,
        balance_points=1240 - 40 * number,
        about="A-1042",
        state="pending" if number == 0 else "active" if points > 0 else "",
        settles_at=now + 14 * DAY if number == 0 else None,
        expires_at=now + 300 * DAY if points > 0 else None,
    )


def _tiers(words: Translator, now: datetime) -> tuple[portal_views.TierProgress, ...]:
    free = words.gettext("Free shipping")
    return (
        portal_views.TierProgress("Silver", "points", 320, "Gold", 500, now + 60 * DAY, benefits=(free,)),
        portal_views.TierProgress("Gold", "points", 900),
    )


def _reviews(words: Translator, now: datetime) -> tuple[portal_review_views.MyReview, ...]:
    text = words.gettext("We are on it")
    return (
        portal_review_views.MyReview(
            "1", now - DAY, "A-1042", 2, "“…”", "published", text, now, verified=True
        ),
        portal_review_views.MyReview(
            "2", now - DAY, "A-1043", 5, "", "pending", earned=50, earned_state="pending"
        ),
    )
