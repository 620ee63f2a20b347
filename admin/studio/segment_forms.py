"""The studio's form of a segment: from fields to conditions and back; pure.

What is said in the plain fields all holds; of each group `any1.`, `any2.`, … at least one thing does.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import msgspec
from babel.numbers import get_currency_precision

from admin.studio.reward_forms import Shop, Typed
from admin.studio.rule_forms import COUNT_MOST, event_said
from admin.studio.rule_words import UNKNOWN
from core.design.reward_views import FormField, FormGroup
from core.i18n import Translator, in_language
from loyalty.segments import model as s

Fields = Mapping[str, str]
Stores = Sequence[tuple[str, str]]
FIFTHS: dict[str, tuple[int, ...]] = {
    "5": (5,), "4": (4, 5), "3": (3,), "2": (1, 2), "1": (1,),
}  # fmt: skip
"""What can be chosen: the best, the two best, the middle, the two worst, the worst."""
PRESETS: dict[str, dict[str, str]] = {
    "new": {"first_below": "30"},
    "returning": {"orders_least": "2"},
    "champions": {"recency": "4", "frequency": "4", "money": "4"},
    "at_risk": {"recency": "2", "frequency": "4"},
    "bargain": {"discount_least": "60", "discount_orders": "3"},
    "big": {"orders_least": "5", "orders_days": "365"},
}
ANYS_MOST = 4
EVENT = r"[a-z][a-z_.]{0,99}"
DAYS_MOST = 36_500
_ANY = re.compile(r"any([1-9])\.")


def read(fields: Fields, shop: Shop) -> tuple[s.Segment | None, dict[str, str]]:
    """The segment that a form asks for, or None and what is wrong, by field ("": with the whole)."""
    where, problems = _conditions(fields, shop)
    for number in range(1, anys(fields) + 1):
        prefix = any_prefix(number)
        one_of, found = _conditions(_within(fields, prefix), shop)
        problems |= {f"{prefix}{name}": said for name, said in found.items()}
        if one_of:
            where = (*where, s.OneOf(of=one_of))
    if problems:
        return None, problems
    if not where:
        return None, {"": shop.words.gettext("Say at least one thing about the members.")}
    try:
        # What was put together by hand meets the same bounds as what comes by API.
        return msgspec.json.decode(msgspec.json.encode(s.Segment(where=where)), type=s.Segment), {}
    except msgspec.ValidationError:
        return None, {"": shop.words.gettext(UNKNOWN)}


def any_prefix(number: int) -> str:
    """With what the names of the fields of a group begin of which at least one thing holds."""
    return f"any{number}."


def anys(fields: Fields) -> int:
    """How many such groups there are, up to the last in which something is said."""
    found = (_ANY.match(name) for name, value in fields.items() if value.strip())
    return min(ANYS_MOST, max((int(each[1]) for each in found if each), default=0))


def _within(fields: Fields, prefix: str) -> dict[str, str]:
    """The fields of a group, as if they were plain ones."""
    return {name.removeprefix(prefix): said for name, said in fields.items() if name.startswith(prefix)}


def _conditions(fields: Fields, shop: Shop) -> tuple[tuple[s.Who, ...], dict[str, str]]:
    """What the plain fields among them say, and what is wrong with them."""
    typed = Typed(fields, shop)
    return (*_someone(typed), *_buying(typed), *_scores(typed), *_doing(typed)), typed.problems


def is_empty(fields: Fields) -> bool:
    """Whether nothing is said yet that a segment could mean."""
    return not any(value.strip() for name, value in fields.items() if name not in ("code", "name"))


def _someone(typed: Typed) -> Iterator[s.Who]:
    tiers = tuple(each.code for each in typed.shop.tiers if f"tier:{each.code}" in typed.fields)
    if tiers:
        yield s.TierNow(tiers=tiers)
    least, below = _count(typed, "joined_least"), _count(typed, "joined_below")
    if least or below:
        yield s.Joined(at_least_days=least or 0, below_days=below)
    if languages := typed.several("languages"):
        yield s.Language(languages=languages)
    if countries := _countries(typed):
        yield s.Country(countries=countries)
    if tags := typed.several("tags"):
        yield s.Tagged(tags=tags)


def _buying(typed: Typed) -> Iterator[s.Who]:
    least, most = _count(typed, "orders_least", 0), _count(typed, "orders_most", 0)
    days = _days(typed, "orders_days")
    if least is not None or most is not None:
        yield s.OrderCount(at_least=least or 0, at_most=most, within_days=days)
    spent, below = typed.money("spend_least"), typed.money("spend_below")
    days = _days(typed, "spend_days")
    if spent or below:
        yield s.Spend(
            currency=typed.shop.currency,
            at_least_minor=spent.amount_minor if spent else 0,
            below_minor=below.amount_minor if below else None,
            within_days=days,
        )
    for name, kind in (("last", s.LastOrder), ("first", s.FirstOrder)):
        since, until = _count(typed, f"{name}_least"), _count(typed, f"{name}_below")
        if since or until:
            yield kind(at_least_days=since or 0, below_days=until)
    stores = tuple(name.removeprefix("store:") for name in typed.fields if name.startswith("store:"))
    if stores:
        yield s.BoughtIn(stores=stores, within_days=_days(typed, "store_days"))
    percent, under = typed.whole("discount_least", least=0, most=100), typed.whole("discount_below", most=100)
    orders, days = typed.whole("discount_orders", most=1000), _days(typed, "discount_days")
    if percent is not None or under is not None:
        yield s.Discounted(
            at_least_percent=percent or 0, below_percent=under, orders_at_least=orders or 2, within_days=days
        )


def _scores(typed: Typed) -> Iterator[s.Who]:
    chosen = {name: FIFTHS.get(typed.text(name), ()) for name in ("recency", "frequency", "money")}
    if any(chosen.values()):
        yield s.Scored(**chosen)


def _doing(typed: Typed) -> Iterator[s.Who]:
    said = event_said(typed.shop.words, "custom.cart_abandoned")
    event, days = typed.like("event", EVENT, said), _days(typed, "event_days")
    least, most = _count(typed, "event_least", 0), _count(typed, "event_most", 0)
    if event:
        yield s.Happened(event=event, at_least=1 if least is None else least, at_most=most, within_days=days)
    feeling, days = typed.text("feeling"), _days(typed, "feeling_days")
    count = _count(typed, "feeling_least")
    if feeling in ("negative", "neutral", "positive"):
        yield s.Opinion(feeling=feeling, at_least=count or 1, within_days=days)  # type: ignore[arg-type]


def _count(typed: Typed, name: str, least: int = 1) -> int | None:
    return typed.whole(name, least=least, most=COUNT_MOST)


def _days(typed: Typed, name: str) -> int | None:
    return typed.whole(name, most=DAYS_MOST)


def _countries(typed: Typed) -> tuple[str, ...]:
    found = tuple(each.upper() for each in typed.several("countries"))
    if not all(re.fullmatch("[A-Z]{2}", each) for each in found):
        typed.problems["countries"] = typed.shop.words.gettext(
            "Type codes of two letters with commas between, such as %(example)s.", example="GB, TW"
        )
    return found


# ---------------------------------------------------------------- back to fields


def fields_of(segment: s.Segment, shop: Shop) -> dict[str, str] | None:
    """What the form would have to say for this segment; None: the form cannot say it."""
    found: dict[str, str] = {}
    number = 0
    for each in segment.where:
        number += isinstance(each, s.OneOf)
        prefix, parts = (any_prefix(number), each.of) if isinstance(each, s.OneOf) else ("", (each,))
        for part in parts:
            found |= {f"{prefix}{name}": str(v) for name, v in _fields(part, shop) if v not in (None, "")}
    made = read(found, shop)[0] if found else None
    return found if made is not None and _same(made.where, segment.where) else None


def _same(some: Sequence[s.Who], others: Sequence[s.Who]) -> bool:
    """Whether they say the same, in whichever order."""

    def said(who: s.Who) -> str:
        return f"any {sorted(map(repr, who.of))}" if isinstance(who, s.OneOf) else repr(who)

    return sorted(map(said, some)) == sorted(map(said, others))


def _fields(who: s.Who, shop: Shop) -> Iterator[tuple[str, object]]:
    match who:
        case s.TierNow(tiers=tiers):
            yield from ((f"tier:{each}", "on") for each in tiers)
        case s.Joined():
            yield from _bounds("joined", who.at_least_days, who.below_days)
        case s.Language(languages=languages):
            yield "languages", ", ".join(languages)
        case s.Country(countries=countries):
            yield "countries", ", ".join(countries)
        case s.Tagged(tags=tags):
            yield "tags", ", ".join(tags)
        case s.OrderCount():
            yield from (("orders_least", who.at_least), ("orders_most", who.at_most))
            yield "orders_days", who.within_days
        case s.Spend():
            yield "spend_least", _units(who.at_least_minor, shop)
            yield from (("spend_below", _units(who.below_minor, shop)), ("spend_days", who.within_days))
        case s.LastOrder() | s.FirstOrder():
            name = "last" if isinstance(who, s.LastOrder) else "first"
            yield from _bounds(name, who.at_least_days, who.below_days)
        case _:
            yield from _further_fields(who)


def _further_fields(who: s.Who) -> Iterator[tuple[str, object]]:
    match who:
        case s.BoughtIn(stores=stores, within_days=days):
            yield from ((f"store:{each}", "on") for each in stores)
            yield "store_days", days
        case s.Discounted():
            yield from (("discount_least", who.at_least_percent), ("discount_below", who.below_percent))
            yield from (("discount_orders", who.orders_at_least), ("discount_days", who.within_days))
        case s.Scored():
            known = {fifths: code for code, fifths in FIFTHS.items()}
            for name in ("recency", "frequency", "money"):
                yield name, known.get(getattr(who, name), "")
        case s.Happened():
            yield from (("event", who.event), ("event_days", who.within_days))
            yield from (("event_least", who.at_least), ("event_most", who.at_most))
        case s.Opinion():
            yield from (("feeling", who.feeling), ("feeling_days", who.within_days))
            yield "feeling_least", who.at_least


def _bounds(name: str, least: int, below: int | None) -> Iterator[tuple[str, object]]:
    yield from ((f"{name}_least", least or ""), (f"{name}_below", below))


def _units(minor: int | None, shop: Shop) -> str:
    if not minor:
        return ""
    digits = get_currency_precision(shop.currency)
    whole, part = divmod(minor, 10**digits)
    return f"{whole}.{part:0{digits}}" if part else str(whole)


# ---------------------------------------------------------------- the page


def groups(
    fields: Fields, problems: Mapping[str, str], shop: Shop, stores: Stores, prefix: str = ""
) -> tuple[FormGroup, ...]:
    """All fields with what was typed and what is wrong with it, in groups; names begin with `prefix`."""
    words = shop.words
    made = {
        words.gettext("Who they are"): _who_fields(words, shop),
        words.gettext("What they buy"): _buy_fields(words, shop),
        words.gettext("Where they buy"): _store_fields(words, stores),
        words.gettext("Among all who bought (RFM)"): _score_fields(words),
        words.gettext("What else they did"): _deed_fields(words),
    }

    def filled(each: FormField) -> FormField:
        name = f"{prefix}{each.name}"
        return replace(each, name=name, value=fields.get(name, ""), problem=problems.get(name, ""))

    return tuple(FormGroup(title, tuple(map(filled, each))) for title, each in made.items())


def _number(name: str, label: str, hint: str = "") -> FormField:
    return FormField(name, label, hint=hint, inputmode="numeric")


def _who_fields(words: Translator, shop: Shop) -> Iterator[FormField]:
    for tier in shop.tiers:
        label = words.gettext("In the tier %(tier)s", tier=in_language(tier.name, shop.locale))
        yield FormField(f"tier:{tier.code}", label, kind="check")
    yield _number("joined_least", words.gettext("Joined at least so many days ago"))
    yield _number("joined_below", words.gettext("Joined less than so many days ago"))
    example = words.gettext("Codes with commas between, such as %(example)s.", example="en, zh-Hans")
    yield FormField("languages", words.gettext("Languages"), hint=example)
    example = words.gettext("Codes with commas between, such as %(example)s.", example="GB, TW")
    yield FormField("countries", words.gettext("Countries"), hint=example)
    yield FormField("tags", words.gettext("One of the tags"), hint=words.gettext("With commas between."))


def _buy_fields(words: Translator, shop: Shop) -> Iterator[FormField]:
    all_time = words.gettext("Empty: ever")
    yield _number("orders_least", words.gettext("At least so many orders"))
    yield _number("orders_most", words.gettext("At most so many orders"))
    yield _number("orders_days", words.gettext("Orders of the last so many days"), all_time)
    money = {"currency": shop.currency}
    yield FormField(
        "spend_least", words.gettext("Spent at least (%(currency)s)", **money), inputmode="decimal"
    )
    yield FormField(
        "spend_below", words.gettext("Spent less than (%(currency)s)", **money), inputmode="decimal"
    )
    yield _number("spend_days", words.gettext("Spent in the last so many days"), all_time)
    yield _number("last_least", words.gettext("Last order at least so many days ago"))
    yield _number("last_below", words.gettext("Last order less than so many days ago"))
    yield _number("first_least", words.gettext("First order at least so many days ago"))
    yield _number("first_below", words.gettext("First order less than so many days ago"))
    hint = words.gettext("Sensitive to prices: the share of orders that were reduced.")
    yield _number("discount_least", words.gettext("Reduced orders, at least per cent"), hint)
    yield _number("discount_below", words.gettext("Reduced orders, less than per cent"))
    yield _number("discount_orders", words.gettext("Of at least so many orders"), words.gettext("Empty: 2"))
    yield _number("discount_days", words.gettext("Reduced orders of the last so many days"), all_time)


def _store_fields(words: Translator, stores: Stores) -> Iterator[FormField]:
    for code, name in stores:
        yield FormField(f"store:{code}", words.gettext("At the store %(store)s", store=name), kind="check")
    yield _number("store_days", words.gettext("There in the last so many days"), words.gettext("Empty: ever"))


def _score_fields(words: Translator) -> Iterator[FormField]:
    options = (
        ("", words.gettext("any")),
        ("5", words.gettext("the best fifth")),
        ("4", words.gettext("the two best fifths")),
        ("3", words.gettext("the middle fifth")),
        ("2", words.gettext("the two worst fifths")),
        ("1", words.gettext("the worst fifth")),
    )
    hint = words.gettext("How lately they bought")
    yield FormField("recency", words.gettext("Recency"), kind="select", options=options, hint=hint)
    hint = words.gettext("How often, in a year")
    yield FormField("frequency", words.gettext("Frequency"), kind="select", options=options, hint=hint)
    hint = words.gettext("For how much, in a year")
    yield FormField("money", words.gettext("Money"), kind="select", options=options, hint=hint)


def _deed_fields(words: Translator) -> Iterator[FormField]:
    ever = words.gettext("Empty: ever")
    hint = words.gettext("The type of any event, such as %(example)s.", example="custom.cart_abandoned")
    yield FormField("event", words.gettext("Event"), hint=hint)
    yield _number("event_least", words.gettext("At least so often"), words.gettext("Empty: once"))
    yield _number("event_most", words.gettext("At most so often"))
    yield _number("event_days", words.gettext("Events of the last so many days"), ever)
    feelings = (
        ("", words.gettext("whatever they wrote")),
        ("negative", words.gettext("negative")),
        ("neutral", words.gettext("neutral")),
        ("positive", words.gettext("positive")),
    )
    hint = words.gettext("No points for reviews and no request for one can depend on it.")
    yield FormField(
        "feeling", words.gettext("Their reviews feel"), kind="select", options=feelings, hint=hint
    )
    yield _number("feeling_least", words.gettext("So many of them, at least"), words.gettext("Empty: 1"))
    yield _number("feeling_days", words.gettext("Reviews of the last so many days"), ever)
