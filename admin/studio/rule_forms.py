"""The studio's form of an earning rule: when, if, then; from fields to a rule and back; pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from babel.numbers import get_currency_precision

from admin.studio.reward_forms import Shop, Typed
from admin.studio.rule_words import UNKNOWN
from core.days import by_clock
from core.design.reward_views import FormField, FormGroup
from core.i18n import Translator, in_language
from loyalty.rules import model as m
from loyalty.rules.sentence import Words

Fields = Mapping[str, str]
DAYS = range(1, 8)
EVENT = r"(custom\.)?[a-z_.]{1,93}"
FIELD = r"[a-z][a-z0-9_]{0,62}"
COUNT_MOST = 1_000_000
POINTS_MOST = 10**9
PRIORITY_MOST = 1000
GROUP_LIMIT = 100
LAST_HOUR = 24
NUMBERS = {
    "fixed": (1, POINTS_MOST), "per_amount": (1, 100_000), "multiply": (2, 100), "percent": (1, 9_900),
}  # fmt: skip
"""The least and the most of what the member gets, by its kind; all as the model of rules has them."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule may name: code (or id) and name."""

    stores: Sequence[tuple[str, str]] = ()
    segments: Sequence[tuple[str, str]] = ()
    wallets: Sequence[tuple[str, str]] = ()


def read(fields: Fields, shop: Shop) -> tuple[m.Rule | None, dict[str, str]]:
    """The rule that a form asks for, or None and what is wrong, by field ("": with the whole)."""
    typed = Typed(fields, shop)
    made = _rule(typed)
    if made is None or typed.problems:
        return None, typed.problems
    try:
        # What was put together by hand meets the same bounds as what comes by API.
        return msgspec.json.decode(msgspec.json.encode(made), type=m.Rule), {}
    except msgspec.ValidationError:
        return None, {"": shop.words.gettext(UNKNOWN)}


def _rule(typed: Typed) -> m.Rule | None:
    trigger, effect = _trigger(typed), _effect(typed)
    schedule, limit, asked = _schedule(typed), _limit(typed), tuple(_conditions(typed))
    priority = typed.whole("priority", least=0, most=PRIORITY_MOST)
    if trigger is None or effect is None or typed.problems:
        return None
    return m.Rule(
        trigger=trigger,
        conditions=asked,
        effect=effect,
        limit=limit,
        schedule=schedule,
        priority=100 if priority is None else priority,
        exclusive_group=typed.text("exclusive_group", limit=GROUP_LIMIT) or None,
        wallets=tuple(_ticked(typed.fields, "wallet")) or ("points",),
    )


def event_said(words: Translator, example: str) -> str:
    """What the name of an event can be."""
    return words.gettext("Type small letters, dots and underscores, such as %(example)s.", example=example)


def _field_said(words: Translator) -> str:
    return words.gettext("Type small letters, digits and underscores, such as %(example)s.", example="plan")


def _trigger(typed: Typed) -> m.Trigger | None:
    kind = typed.text("trigger") or "order"
    plain: dict[str, m.Trigger] = {
        "order": m.Order(),
        "social_share": m.SocialShare(),
        "review": m.Review(),
        "advocate": m.Referral(side="advocate"),
        "friend": m.Referral(side="friend"),
        "birthday": m.Birthday(),
        "profile_completed": m.ProfileCompleted(),
        "enrolment": m.Enrolment(),
    }
    if kind == "custom_event":
        name = typed.like("event", EVENT, event_said(typed.shop.words, "cart_abandoned"), required=True)
        return m.CustomEvent(name=f"custom.{name.removeprefix('custom.')}")
    if kind == "order_line":
        where = tuple(_line(typed))
        if not where:
            typed.problems["skus"] = typed.shop.words.gettext("Say which lines count.")
            return None
        return m.OrderLine(where=where)
    return plain.get(kind)


def _line(typed: Typed) -> Iterator[m.LineCondition]:
    if skus := typed.several("skus"):
        yield m.SkuIn(skus=skus)
    if categories := typed.several("categories"):
        yield m.CategoryIn(categories=categories)
    if quantity := typed.whole("quantity", most=COUNT_MOST):
        yield m.LineQuantity(at_least=quantity)


def _conditions(typed: Typed) -> Iterator[m.Condition]:
    fields, kind = typed.fields, typed.text("trigger") or "order"
    least, below = typed.money("amount_from", required=False), typed.money("amount_below")
    if least or below:
        yield m.AmountBetween(
            currency=typed.shop.currency,
            at_least_minor=least.amount_minor if least else 0,
            below_minor=below.amount_minor if below else None,
        )
    if "first_order" in fields:
        yield m.FirstOrder()
    lines = tuple(_line(typed)) if kind != "order_line" else ()
    if lines:
        yield m.ProductIn(skus=typed.several("skus")) if kind == "review" else m.AnyLine(where=lines)
    if stores := tuple(_ticked(fields, "store")):
        yield m.StoreIn(stores=stores)
    if channels := typed.several("channels"):
        yield m.ChannelIn(channels=channels)
    if name := typed.like("field", FIELD, _field_said(typed.shop.words)):
        yield m.FieldIs(field=name, value=typed.text("field_is"))
    if "verified" in fields:
        yield m.VerifiedPurchase()
    if "photo" in fields:
        yield m.WithPhoto()
    yield from _of_member(typed)


def _of_member(typed: Typed) -> Iterator[m.Condition]:
    if tiers := tuple(_ticked(typed.fields, "tier")):
        yield m.TierIn(tiers=tiers)
    if days := typed.whole("member_days", most=COUNT_MOST):
        yield m.MemberFor(at_least_days=days)
    if segment := typed.text("segment"):
        try:
            yield m.InSegment(segment=UUID(segment))
        except ValueError:
            typed.problems["segment"] = typed.shop.words.gettext("This does not fit.")


def _effect(typed: Typed) -> m.Effect | None:
    kind = typed.text("effect") or "fixed"
    least, most = NUMBERS.get(kind, NUMBERS["fixed"])
    number = typed.whole("number", required=True, least=least, most=most)
    if number is None:
        return None
    if kind == "per_amount":
        rates = {typed.shop.currency: number * 100}
        return m.PerAmount(points_per_100_units=rates, by_tier="by_tier" in typed.fields)
    if kind == "multiply":
        return m.Multiply(percent=number * 100)
    if kind == "percent":
        return m.Multiply(percent=100 + number)
    return m.Fixed(points=number)


def _limit(typed: Typed) -> m.Limit | None:
    times = typed.whole("limit_times", most=COUNT_MOST)
    points = typed.whole("limit_points", most=POINTS_MOST)
    if not times and not points:
        return None
    per = {"day": "day", "week": "week", "month": "month"}.get(typed.text("limit_per"), "ever")
    return m.Limit(per=per, times=times, points=points)  # type: ignore[arg-type]


def _schedule(typed: Typed) -> m.Schedule:
    weekdays = tuple(day for day in DAYS if f"weekday_{day}" in typed.fields)
    start = typed.whole("from_hour", least=0, most=LAST_HOUR)
    end = typed.whole("until_hour", least=0, most=LAST_HOUR)
    hours = (
        None if start is None and end is None else m.HourBetween(from_hour=start or 0, until_hour=end or 24)
    )
    return m.Schedule(
        start=typed.moment("start"), end=typed.moment("end"), weekdays=weekdays or None, hours=hours
    )


def _ticked(fields: Fields, prefix: str) -> Iterator[str]:
    return (name.removeprefix(f"{prefix}:") for name in fields if name.startswith(f"{prefix}:"))


# ---------------------------------------------------------------- back to fields


def fields_of(rule: m.Rule, shop: Shop) -> dict[str, str] | None:
    """What the form would have to say for this rule; None: the form cannot say it."""
    found = dict(_trigger_fields(rule.trigger))
    for each in rule.conditions:
        found |= dict(_condition_fields(each, shop))
    found |= dict(_effect_fields(rule.effect, shop))
    found |= dict(_other_fields(rule, shop))
    return found if read(found, shop)[0] == rule else None


def _trigger_fields(trigger: m.Trigger) -> Iterator[tuple[str, str]]:
    match trigger:
        case m.OrderLine(where=where):
            yield "trigger", "order_line"
            yield from _line_fields(where)
        case m.CustomEvent(name=name):
            yield "trigger", "custom_event"
            yield "event", name.removeprefix("custom.")
        case m.Referral(side=side):
            yield "trigger", side
        case _:
            yield "trigger", str(type(trigger).__struct_config__.tag)


def _line_fields(where: Sequence[m.LineCondition]) -> Iterator[tuple[str, str]]:
    for each in where:
        match each:
            case m.SkuIn(skus=skus):
                yield "skus", ", ".join(skus)
            case m.CategoryIn(categories=categories):
                yield "categories", ", ".join(categories)
            case m.LineQuantity(at_least=least):
                yield "quantity", str(least)


def _condition_fields(condition: m.Condition, shop: Shop) -> Iterator[tuple[str, str]]:
    match condition:
        case m.AmountBetween(at_least_minor=least, below_minor=below):
            yield "amount_from", _units(least, shop) if least else ""
            yield "amount_below", _units(below, shop) if below else ""
        case m.FirstOrder():
            yield "first_order", "on"
        case m.AnyLine(where=where):
            yield from _line_fields(where)
        case m.ProductIn(skus=skus):
            yield "skus", ", ".join(skus)
        case m.StoreIn(stores=stores):
            yield from ((f"store:{each}", "on") for each in stores)
        case m.ChannelIn(channels=channels):
            yield "channels", ", ".join(channels)
        case m.FieldIs(field=field, value=value):
            yield "field", field
            yield "field_is", str(value)
        case m.VerifiedPurchase():
            yield "verified", "on"
        case m.WithPhoto():
            yield "photo", "on"
        case m.TierIn(tiers=tiers):
            yield from ((f"tier:{each}", "on") for each in tiers)
        case m.MemberFor(at_least_days=days):
            yield "member_days", str(days)
        case m.InSegment(segment=segment):
            yield "segment", str(segment)


def _effect_fields(effect: m.Effect, shop: Shop) -> Iterator[tuple[str, str]]:
    yield "effect", str(type(effect).__struct_config__.tag)
    match effect:
        case m.Fixed(points=points):
            yield "number", str(points)
        case m.PerAmount(points_per_100_units=rates, by_tier=by_tier):
            yield "number", str(rates.get(shop.currency, 0) // 100)
            if by_tier:
                yield "by_tier", "on"
        case m.Multiply(percent=percent):
            whole = percent % 100 == 0
            yield "effect", "multiply" if whole else "percent"
            yield "number", str(percent // 100 if whole else percent - 100)


def _other_fields(rule: m.Rule, shop: Shop) -> Iterator[tuple[str, str]]:
    if rule.limit:
        yield "limit_per", rule.limit.per
        yield "limit_times", str(rule.limit.times or "")
        yield "limit_points", str(rule.limit.points or "")
    for name in ("start", "end"):
        if moment := getattr(rule.schedule, name):
            yield name, by_clock(moment, shop.zone).strftime("%Y-%m-%dT%H:%M")
    yield from ((f"weekday_{day}", "on") for day in rule.schedule.weekdays or ())
    if rule.schedule.hours:
        yield "from_hour", str(rule.schedule.hours.from_hour)
        yield "until_hour", str(rule.schedule.hours.until_hour)
    yield "priority", str(rule.priority)
    yield "exclusive_group", rule.exclusive_group or ""
    yield from ((f"wallet:{each}", "on") for each in rule.wallets)


def _units(amount_minor: int, shop: Shop) -> str:
    return str(Decimal(amount_minor).scaleb(-get_currency_precision(shop.currency)))


# ---------------------------------------------------------------- the form


def groups(fields: Fields, problems: Mapping[str, str], shop: Shop, known: Known) -> tuple[FormGroup, ...]:
    """When, if, then, and the rest, filled in with what was typed."""
    words = shop.words
    titles: list[tuple[str, Iterator[FormField]]] = [
        (words.gettext("When"), _when(words)),
        (words.gettext("If"), _if(shop, known)),
        (words.gettext("Then"), _then(shop, known)),
        (words.gettext("At most"), _at_most(words)),
        (words.gettext("From when to when"), _while(shop)),
        (words.gettext("Beside other rules"), _beside(words)),
    ]
    fill = _filler(fields, problems)
    return tuple(FormGroup(title, tuple(fill(each) for each in made)) for title, made in titles)


def _filler(fields: Fields, problems: Mapping[str, str]) -> Callable[[FormField], FormField]:
    def fill(field: FormField) -> FormField:
        changes: dict[str, Any] = {"problem": problems.get(field.name, "")}
        if field.name in fields:
            changes["value"] = fields[field.name]
        elif fields and field.kind == "check":
            changes["value"] = ""
        return FormField(**{**vars(field), **changes})

    return fill


def trigger_names(words: Translator) -> dict[str, str]:
    """What each trigger is called."""
    return {
        "order": words.gettext("an order is paid"),
        "order_line": words.gettext("a line of an order is paid"),
        "custom_event": words.gettext("an event of the shop happens"),
        "social_share": words.gettext("a member shares us"),
        "review": words.gettext("a member writes a review here"),
        "advocate": words.gettext("a friend of the member orders"),
        "friend": words.gettext("the member was brought by a friend and orders"),
        "birthday": words.gettext("it is the member's birthday"),
        "profile_completed": words.gettext("the member completes the profile"),
        "enrolment": words.gettext("somebody joins"),
    }


def _when(words: Translator) -> Iterator[FormField]:
    yield FormField(
        "trigger", words.gettext("When"), kind="select", options=tuple(trigger_names(words).items())
    )
    yield FormField(
        "event",
        words.gettext("Event"),
        hint=words.gettext("Its name without “%(prefix)s”.", prefix="custom."),
    )


def _if(shop: Shop, known: Known) -> Iterator[FormField]:
    words = shop.words
    least = words.gettext("The order amounts to at least (%(currency)s)", currency=shop.currency)
    yield FormField("amount_from", least, inputmode="decimal")
    below = words.gettext("and to less than (%(currency)s)", currency=shop.currency)
    yield FormField("amount_below", below, inputmode="decimal")
    yield FormField("first_order", words.gettext("It is the customer's first order"), kind="check")
    commas = words.gettext("Several with commas between them.")
    yield FormField("skus", words.gettext("One of these articles"), hint=commas)
    yield FormField("categories", words.gettext("One of these categories"), hint=commas)
    yield FormField("quantity", words.gettext("At least so many pieces"), inputmode="numeric")
    for code, name in known.stores:
        yield FormField(f"store:{code}", words.gettext("In the store %(name)s", name=name), kind="check")
    yield FormField("channels", words.gettext("One of these channels"), hint=commas)
    yield FormField("field", words.gettext("The event's field"))
    yield FormField("field_is", words.gettext("says"))
    yield FormField("verified", words.gettext("The author bought the product here"), kind="check")
    yield FormField("photo", words.gettext("The review has a photo"), kind="check")
    for tier in shop.tiers:
        name = in_language(tier.name, shop.locale)
        yield FormField(f"tier:{tier.code}", words.gettext("In the tier %(name)s", name=name), kind="check")
    yield FormField("member_days", words.gettext("A member for so many days"), inputmode="numeric")
    options = (("", words.gettext("everybody")), *known.segments)
    yield FormField("segment", words.gettext("In the segment"), kind="select", options=options)


def _then(shop: Shop, known: Known) -> Iterator[FormField]:
    words = shop.words
    options = (
        ("fixed", words.gettext("so many points")),
        (
            "per_amount",
            words.gettext("so many points for each %(currency)s spent", currency=shop.currency),
        ),
        ("multiply", words.gettext("so many times the points")),
        ("percent", words.gettext("so many per cent more points")),
    )
    yield FormField("effect", words.gettext("The member gets"), kind="select", options=options)
    yield FormField("number", words.gettext("How many"), required=True, inputmode="numeric")
    yield FormField("by_tier", words.gettext("Times the factor of the member's tier"), kind="check")
    for code, name in known.wallets:
        value = "on" if code == "points" else ""
        label = words.gettext("Into the wallet %(name)s", name=name)
        yield FormField(f"wallet:{code}", label, value, kind="check")


def _at_most(words: Translator) -> Iterator[FormField]:
    yield FormField("limit_times", words.gettext("Times"), inputmode="numeric")
    yield FormField("limit_points", words.gettext("Points"), inputmode="numeric")
    options = (
        ("ever", words.gettext("for each member, in all")),
        ("day", words.gettext("for each member, a day")),
        ("week", words.gettext("for each member, a week")),
        ("month", words.gettext("for each member, a month")),
    )
    yield FormField("limit_per", words.gettext("Counted"), kind="select", options=options)


def _while(shop: Shop) -> Iterator[FormField]:
    words, say = shop.words, Words(shop.locale, "UTC")
    yield FormField("start", words.gettext("Begins"), kind="datetime-local")
    yield FormField("end", words.gettext("Ends"), kind="datetime-local")
    for day in DAYS:
        yield FormField(f"weekday_{day}", say.weekday(day), kind="check")
    yield FormField("from_hour", words.gettext("From the hour"), inputmode="numeric")
    yield FormField("until_hour", words.gettext("Until the hour"), inputmode="numeric")


def _beside(words: Translator) -> Iterator[FormField]:
    first = words.gettext("Smaller numbers come first; a multiplier multiplies what came before it.")
    yield FormField("priority", words.gettext("Place in the order"), "100", hint=first, inputmode="numeric")
    only = words.gettext("Of the rules of one group only the first that fits gives points.")
    yield FormField("exclusive_group", words.gettext("Exclusive group"), hint=only)
