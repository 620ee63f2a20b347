"""The studio's form of a reward: from an offer to fields and back; pure."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

import msgspec
from babel.numbers import get_currency_precision

from admin.studio.rule_words import UNKNOWN
from core.days import FIRST_YEAR, LAST_YEAR, by_clock, usable
from core.design.reward_views import FormField, FormGroup
from core.design.words import word
from core.i18n import Locale, Translator, in_language, translator
from loyalty.rewards import rules
from loyalty.rewards.kinds import (
    KINDS,
    AmountOff,
    CashBack,
    Donation,
    Experience,
    GiftCard,
    Money,
    PercentOff,
    Product,
    Shipping,
    StoreCredit,
    Terms,
)
from loyalty.rewards.rules import PERIODS, Offer, PeriodLimit
from loyalty.tiers.rules import Tier

Fields = Mapping[str, str]
LANGUAGES = {"name_en": "en", "name_zh_hans": "zh-Hans", "name_zh_hant": "zh-Hant"}
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
TEXT_LIMIT = 200
SEVERAL_MOST = 200
WHOLE_MOST = 10**12 - 1
TIMES_MOST = 10**6
DESCRIPTION_LIMIT = 2000
DAYS_MOST = 3660
QUANTITY_MOST = 1000
STOCK_MOST = 10**9 - 1
KIND_CODES = tuple(str(kind.__struct_config__.tag) for kind in KINDS)


@dataclass(frozen=True)
class Shop:
    """What a form needs to know of the shop and the reader."""

    locale: Locale
    currency: str
    zone: ZoneInfo
    tiers: Sequence[Tier]
    pools: Sequence[str]
    segments: Mapping[str, str] = field(default_factory=dict)
    """Names by code, of those that a reward may be for."""

    @property
    def words(self) -> Translator:
        return translator(self.locale)


@dataclass
class Typed:
    """The fields as somebody typed them; what is wrong with one is noted in `problems`."""

    fields: Fields
    shop: Shop
    problems: dict[str, str] = field(default_factory=dict)

    def text(self, name: str, required: bool = False, limit: int = TEXT_LIMIT) -> str:
        """Without blanks around it, of so many characters."""
        typed = self.fields.get(name, "").strip()
        if required and not typed:
            self.problems[name] = self.shop.words.gettext("This is needed.")
        if len(typed) > limit:
            self.problems[name] = _too_long(limit, self.shop.words)
        return typed

    def like(self, name: str, pattern: str, said: str, required: bool = False) -> str:
        """A text of this pattern; `said`: what to type."""
        typed = self.text(name, required)
        if typed and not re.fullmatch(pattern, typed):
            self.problems[name] = said
        return typed

    def several(self, name: str) -> tuple[str, ...]:
        """Texts with commas between them."""
        found = tuple(each.strip() for each in self.fields.get(name, "").split(",") if each.strip())
        if len(found) > SEVERAL_MOST or any(len(each) > TEXT_LIMIT for each in found):
            self.problems[name] = self.shop.words.gettext(
                "At most %(most)s, each of up to %(limit)s characters.", most=SEVERAL_MOST, limit=TEXT_LIMIT
            )
        return found

    def whole(self, name: str, required: bool = False, least: int = 1, most: int = WHOLE_MOST) -> int | None:
        """A whole number, or None where nothing is typed."""
        typed = self.text(name, required)
        if not typed:
            return None
        number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= 18 else -1
        if number < least:
            self.problems[name] = self.shop.words.gettext(
                "Type a whole number, at least %(least)s.", least=least
            )
            return None
        if number > most:
            self.problems[name] = self.shop.words.gettext(
                "Type a whole number, at most %(limit)s.", limit=f"{most:,}"
            )
            return None
        return number

    def money(self, name: str, required: bool = False) -> Money | None:
        """An amount of the shop's currency, typed in its units."""
        typed = self.text(name, required)
        if not typed:
            return None
        try:
            minor = Decimal(typed.replace(",", "")).scaleb(get_currency_precision(self.shop.currency))
            if not 1 <= minor <= 10**12 or minor != int(minor):
                raise InvalidOperation
        except InvalidOperation:
            self.problems[name] = self.shop.words.gettext(
                "Type an amount in %(currency)s.", currency=self.shop.currency
            )
            return None
        return Money(amount_minor=int(minor), currency=self.shop.currency)

    def moment(self, name: str) -> datetime | None:
        """A time by the shop's clock."""
        typed = self.text(name)
        if not typed:
            return None
        try:
            found = datetime.fromisoformat(typed).replace(tzinfo=self.shop.zone)
            if usable(found):
                return found
            self.problems[name] = self.shop.words.gettext(
                "Type a year from %(first)s to %(last)s.", first=FIRST_YEAR, last=LAST_YEAR
            )
            return None
        except ValueError:
            self.problems[name] = self.shop.words.gettext("Type a date and a time.")
            return None


def read(kind: str, fields: Fields, shop: Shop) -> tuple[Offer | None, dict[str, str]]:
    """The offer that a form asks for, or None and what is wrong, by field ("": with the whole)."""
    typed = Typed(fields, shop)
    terms = _terms(kind, typed)
    wanted = _offer(terms, typed) if terms else None
    if wanted is None or typed.problems:
        return None, typed.problems
    try:
        # What was put together by hand meets the same bounds as what comes by API.
        offer = msgspec.convert(msgspec.to_builtins(wanted), Offer)
    except msgspec.ValidationError:
        return None, {"": shop.words.gettext(UNKNOWN)}
    if found := rules.problem(offer):
        return None, _misfit(found[0], shop.words)
    return offer, {}


def refused(name: str, words: Translator) -> str:
    """Why the catalogue does not take an offer that a form may ask for, by the field that it names."""
    texts = {
        "pool": words.gettext("There is no such pool of codes."),
        "segments": words.gettext("No reward can be for this segment."),
        "terms": words.gettext("Store credit is kept in another currency."),
    }
    return texts.get(name, words.gettext(UNKNOWN))


def _misfit(name: str, words: Translator) -> dict[str, str]:
    texts = {
        "name": words.gettext("Give it a name."),
        "terms": words.gettext("The least and the most must be whole steps, the least first."),
        "offered_until": words.gettext("It must end after it begins."),
        "valid_until": words.gettext("Vouchers are good for days or up to a date, not both."),
    }
    where = {"name": "name_en", "terms": "min_points"}.get(name, name)
    return {where: texts.get(name, words.gettext("This does not fit."))}


def _offer(terms: Terms, typed: Typed) -> Offer:
    times, period = typed.whole("limit_times", most=TIMES_MOST), typed.text("limit_period")
    limit = (
        PeriodLimit(times=times, period=next((p for p in PERIODS if p == period), "month")) if times else None
    )
    described = {f"description{name[4:]}": language for name, language in LANGUAGES.items()}
    return Offer(
        name={language: text for name, language in LANGUAGES.items() if (text := typed.text(name))},
        description={
            language: text
            for name, language in described.items()
            if (text := typed.text(name, limit=DESCRIPTION_LIMIT))
        },
        terms=terms,
        cost_points=None if isinstance(terms, CashBack) else typed.whole("cost_points", required=True),
        limit_per_member=typed.whole("limit_member", most=TIMES_MOST),
        limit_per_period=limit,
        tiers=tuple(tier.code for tier in typed.shop.tiers if typed.fields.get(f"tier_{tier.code}")),
        segments=tuple(code for code in typed.shop.segments if typed.fields.get(f"segment_{code}")),
        offered_from=typed.moment("offered_from"),
        offered_until=typed.moment("offered_until"),
        valid_days=typed.whole("valid_days", most=DAYS_MOST),
        valid_until=typed.moment("valid_until"),
        points_back=bool(typed.fields.get("points_back")),
        pool=typed.text("pool") or None,
    )


def _terms(kind: str, typed: Typed) -> Terms | None:
    """None where something that the kind needs is missing or wrong."""
    made = {
        "percent_off": _percent_off,
        "amount_off": _amount_off,
        "product": _product,
        "shipping": lambda t: Shipping(at_most=t.money("at_most")),
        "gift_card": lambda t: (amount := t.money("amount", True)) and GiftCard(amount=amount),
        "store_credit": lambda t: (amount := t.money("amount", True)) and StoreCredit(amount=amount),
        "experience": lambda t: Experience(place=t.text("place"), starts_at=t.moment("starts_at")),
        "donation": _donation,
        "cash_back": _cash_back,
    }[kind]
    read_terms: Callable[[Typed], Terms | None] = made
    return read_terms(typed)


def _percent_off(typed: Typed) -> PercentOff | None:
    percent = typed.whole("percent", required=True, most=100)
    at_most, order_from = typed.money("at_most"), typed.money("order_from")
    return None if percent is None else PercentOff(percent=percent, at_most=at_most, order_from=order_from)


def _amount_off(typed: Typed) -> AmountOff | None:
    amount, order_from = typed.money("amount", required=True), typed.money("order_from")
    return AmountOff(amount=amount, order_from=order_from) if amount else None


def _product(typed: Typed) -> Product | None:
    sku, quantity = typed.text("sku", required=True), typed.whole("quantity", True, most=QUANTITY_MOST)
    return Product(sku=sku, quantity=quantity) if sku and quantity else None


def _donation(typed: Typed) -> Donation | None:
    recipient, amount = typed.text("recipient", required=True), typed.money("amount", required=True)
    return Donation(recipient=recipient, amount=amount) if recipient and amount else None


def _cash_back(typed: Typed) -> CashBack | None:
    step, amount = typed.whole("step_points", required=True), typed.money("step_amount", required=True)
    least, most = typed.whole("min_points", required=True), typed.whole("max_points", required=True)
    if not (step and amount and least and most):
        return None
    return CashBack(step_points=step, step_amount=amount, min_points=least, max_points=most)


# ---------------------------------------------------------------- from an offer to fields


def fields_of(offer: Offer, zone: ZoneInfo) -> dict[str, str]:
    """An offer as its form shows it."""
    plain = {
        "cost_points": offer.cost_points,
        "limit_member": offer.limit_per_member,
        "limit_times": offer.limit_per_period.times if offer.limit_per_period else None,
        "limit_period": offer.limit_per_period.period if offer.limit_per_period else "month",
        "valid_days": offer.valid_days,
        "points_back": "on" if offer.points_back else None,
        "pool": offer.pool,
        **{f"tier_{code}": "on" for code in offer.tiers},
        **{f"segment_{code}": "on" for code in offer.segments},
        **{name: offer.name.get(language) for name, language in LANGUAGES.items()},
        **{f"description{name[4:]}": offer.description.get(code) for name, code in LANGUAGES.items()},
    }
    shown = {name: str(value) for name, value in plain.items() if value is not None}
    for name in ("offered_from", "offered_until", "valid_until"):
        shown |= _shown(name, getattr(offer, name), zone)
    for name in offer.terms.__struct_fields__:
        shown |= _shown(name, getattr(offer.terms, name), zone)
    return shown


def _shown(name: str, value: object, zone: ZoneInfo) -> dict[str, str]:
    match value:
        case None:
            return {}
        case Money():
            amount = Decimal(value.amount_minor).scaleb(-get_currency_precision(value.currency))
            return {name: str(amount)}
        case datetime():
            return {name: by_clock(value, zone).strftime("%Y-%m-%dT%H:%M")}
        case _:
            return {name: str(value)}


def groups(
    kind: str, fields: Fields, problems: Mapping[str, str], shop: Shop, is_new: bool
) -> tuple[FormGroup, ...]:
    """The controls of a form, filled in."""
    words = shop.words

    def filled(controls: Iterator[FormField]) -> tuple[FormField, ...]:
        return tuple(
            replace(each, value=fields.get(each.name, each.value), problem=problems.get(each.name, ""))
            for each in controls
        )

    return (
        FormGroup(words.gettext("What it is"), filled(_what(words, is_new))),
        FormGroup(word(words, "reward", kind), filled(_kind(kind, shop))),
        FormGroup(words.gettext("Who gets it, and how often"), filled(_who(shop))),
        FormGroup(words.gettext("When"), filled(_when(words))),
        FormGroup(words.gettext("Voucher"), filled(_voucher(shop, is_new))),
    )


def _what(words: Translator, is_new: bool) -> Iterator[FormField]:
    if is_new:
        hint = words.gettext("Small letters, digits and hyphens; it stays for ever.")
        yield FormField("code", words.gettext("Code"), hint=hint, required=True)
    yield FormField("name_en", words.gettext("Name in English"), required=True)
    yield FormField("name_zh_hans", words.gettext("Name in Simplified Chinese"))
    yield FormField("name_zh_hant", words.gettext("Name in Traditional Chinese"))
    yield FormField("description_en", words.gettext("Description in English"), kind="textarea")
    yield FormField(
        "description_zh_hans", words.gettext("Description in Simplified Chinese"), kind="textarea"
    )
    yield FormField(
        "description_zh_hant", words.gettext("Description in Traditional Chinese"), kind="textarea"
    )


def _kind(kind: str, shop: Shop) -> Iterator[FormField]:
    words = shop.words
    optional = words.gettext("%(currency)s; empty: no bound", currency=shop.currency)

    def money(name: str, label: str) -> FormField:
        return FormField(name, label, hint=shop.currency, required=True, inputmode="decimal")

    def bound(name: str, label: str) -> FormField:
        return FormField(name, label, hint=optional, inputmode="decimal")

    if kind != "cash_back":
        yield FormField("cost_points", words.gettext("Price in points"), required=True, inputmode="numeric")
    match kind:
        case "percent_off":
            yield FormField("percent", words.gettext("Per cent"), required=True, inputmode="numeric")
            yield bound("at_most", words.gettext("Discount at most"))
            yield bound("order_from", words.gettext("On orders from"))
        case "amount_off":
            yield money("amount", words.gettext("Amount"))
            yield bound("order_from", words.gettext("On orders from"))
        case "product":
            yield FormField("sku", words.gettext("Article number"), required=True)
            yield FormField("quantity", words.gettext("Quantity"), "1", required=True, inputmode="numeric")
        case "shipping":
            yield bound("at_most", words.gettext("The shop pays at most"))
        case "gift_card" | "store_credit":
            yield money("amount", words.gettext("Amount"))
        case "experience":
            yield FormField("place", words.gettext("Place"))
            yield FormField("starts_at", words.gettext("Begins"), kind="datetime-local")
        case "donation":
            yield FormField("recipient", words.gettext("Recipient"), required=True)
            yield money("amount", words.gettext("Amount"))
        case "cash_back":
            yield FormField("step_points", words.gettext("Points a step"), required=True, inputmode="numeric")
            yield money("step_amount", words.gettext("Worth of a step"))
            yield FormField(
                "min_points", words.gettext("Points at least"), required=True, inputmode="numeric"
            )
            yield FormField("max_points", words.gettext("Points at most"), required=True, inputmode="numeric")


def _who(shop: Shop) -> Iterator[FormField]:
    words = shop.words
    never = words.gettext("Empty: no limit.")
    yield FormField("limit_member", words.gettext("Times for each member"), hint=never, inputmode="numeric")
    yield FormField("limit_times", words.gettext("Times in each period"), hint=never, inputmode="numeric")
    names = {
        "day": words.gettext("Day"),
        "week": words.gettext("Week"),
        "month": words.gettext("Month"),
        "year": words.gettext("Year"),
    }
    options = tuple((period, names[period]) for period in PERIODS)
    yield FormField("limit_period", words.gettext("Period"), "month", kind="select", options=options)
    for tier in shop.tiers:
        label = words.gettext("For the tier %(tier)s", tier=in_language(tier.name, shop.locale))
        yield FormField(f"tier_{tier.code}", label, kind="check")
    for code, name in shop.segments.items():
        label = words.gettext("For the segment %(segment)s", segment=name)
        yield FormField(f"segment_{code}", label, kind="check")


def _when(words: Translator) -> Iterator[FormField]:
    yield FormField("offered_from", words.gettext("On offer from"), kind="datetime-local")
    yield FormField("offered_until", words.gettext("On offer until"), kind="datetime-local")


def _voucher(shop: Shop, is_new: bool) -> Iterator[FormField]:
    words = shop.words
    if is_new:
        hint = words.gettext("Empty: without limit.")
        yield FormField("stock", words.gettext("How many there are"), hint=hint, inputmode="numeric")
    hint = words.gettext("To the end of the last day. Empty: for ever.")
    yield FormField("valid_days", words.gettext("Good for so many days"), hint=hint, inputmode="numeric")
    yield FormField("valid_until", words.gettext("Or good until"), kind="datetime-local")
    yield FormField("points_back", words.gettext("Points return when it expires unused"), kind="check")
    options = (("", words.gettext("Made up for each voucher")), *((pool, pool) for pool in shop.pools))
    yield FormField("pool", words.gettext("Codes"), kind="select", options=options)


def kind_or_first(kind: str) -> str:
    """A kind that there is."""
    return kind if kind in KIND_CODES else KIND_CODES[0]


def is_code(text: str) -> bool:
    """Whether it can be the code of a reward or a pool; "new" is the address of the empty form."""
    return _CODE.fullmatch(text) is not None and text != "new"


def code_problem(text: str, words: Translator, most: int) -> str:
    """Why it cannot be the code of something new, of at most so many characters; "": it can."""
    if len(text) > most:
        return _too_long(most, words)
    return "" if is_code(text) else words.gettext("Small letters, digits and hyphens; it stays for ever.")


def _too_long(limit: int, words: Translator) -> str:
    return words.gettext("That is more than fits: up to %(limit)s characters.", limit=limit)


def whole(text: str) -> int | None:
    """A number from 0 up, or None."""
    typed = text.strip()
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= 9 else None
