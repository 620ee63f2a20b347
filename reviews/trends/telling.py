"""Once a day: tell the managers, and the shop's own systems, what complaints have begun to rise about."""

from collections.abc import Sequence
from datetime import datetime, time

from core import db, tenancy
from core.days import day_of, zone_of
from core.design.formats import formats
from core.design.words import word
from core.i18n import Locale, Translator, negotiate, translator
from core.mail import service as mail
from core.settings import settings
from core.webhooks import service as webhooks
from core.webhooks.model import Told
from reviews import hooks
from reviews.cases.patrol.queries import MANAGERS
from reviews.trends import queries, rules, service
from reviews.trends.rules import Count
from reviews.trends.service import Complaint, Shown

BEGINS = time(8)
"""In the shop's time zone."""


async def look(now: datetime) -> bool:
    """Tell each rise that none of the last looks saw, in the open transaction; False: not now.

    Once a day, from eight in the morning. A rise lasts while a look within `rules.RECENT` has seen it.
    """
    shop = await tenancy.shop()
    zone = zone_of(shop.time_zone)
    if now.astimezone(zone).time() < BEGINS:
        return False
    today = day_of(now, zone)
    looks = await db.fetch(queries.LOOKS, db.merchant_id(), today - rules.RECENT)
    if any(row["day"] == today for row in looks):
        return False
    spikes = [each for each in await service.trends(now) if each.trend.spike]
    seen = [{"dimension": each.trend.count.dimension, "key": each.trend.count.key} for each in spikes]
    if await db.fetchval(queries.LOOK, db.merchant_id(), today, now, db.to_json(seen)) is None:
        return False
    known = {(row["dimension"], row["key"]) for row in looks}
    new = [each for each in spikes if (each.trend.count.dimension, each.trend.count.key) not in known]
    if new:
        for person in await db.fetch(MANAGERS):
            locale = negotiate(person["locale"], person["locale"])
            await _write(person["email"], locale, new, shop.time_zone, now)
        await webhooks.publish(hooks.RISEN, [Told(_told(each), now) for each in new], now)
    return True


def _told(each: Shown) -> hooks.TrendTold:
    count = each.trend.count
    return hooks.TrendTold(
        dimension=count.dimension,
        key=count.key,
        name=count.name,
        recent=count.recent,
        recent_negative=count.recent_negative,
        before=count.before,
        before_negative=count.before_negative,
        evidence=[complaint.review.id for complaint in each.evidence],
    )


async def _write(to: str, locale: Locale, new: Sequence[Shown], time_zone: str, now: datetime) -> None:
    words = translator(locale)
    names = [_name(each.trend.count, words) for each in new]
    subject = words.gettext("More complaints than before: %(names)s", names=" · ".join(names[:3]))
    if len(names) > 3:
        subject = words.gettext(
            "More complaints than before: %(names)s and more", names=" · ".join(names[:3])
        )
    said = [
        "\n".join([f"{name} · {word(words, 'trend_dimension', each.trend.count.dimension)}", *lines])
        for name, each in zip(names, new, strict=True)
        for lines in [[_numbers(each.trend.count, locale), *_reviews(each.evidence, locale, time_zone)]]
    ]
    end = words.gettext("All trends:") + f"\n{settings().public_url}/staff/inbox/trends"
    await mail.send("trends", to, locale, subject, "\n\n".join([*said, end]) + "\n", now)


def _name(count: Count, words: Translator) -> str:
    return word(words, "aspect", count.name) if count.dimension == "aspect" else count.name


def _numbers(count: Count, locale: Locale) -> str:
    said = formats(locale)
    return translator(locale).gettext(
        "%(complaints)s of %(reviews)s reviews complain: %(share)s, before that %(share_before)s.",
        complaints=said.number(count.recent_negative),
        reviews=said.number(count.recent),
        share=said.percent(count.share),
        share_before=said.percent(count.share_before),
    )


def _reviews(evidence: Sequence[Complaint], locale: Locale, time_zone: str) -> list[str]:
    """Where they are read, without their words: a mail is not reached when a customer's words are erased."""
    words, said, base = translator(locale), formats(locale), f"{settings().public_url}/staff"
    lines = []
    for each in evidence:
        when = said.date(each.review.written_at, time_zone)
        if each.case_id:
            what = words.gettext("Case %(number)s", number=each.case_number)
            lines.append(f"- {when} · {what}: {base}/inbox/cases/{each.case_id}")
        else:
            lines.append(f"- {when}: {base}/moderation/reviews/{each.review.id}")
    return lines
