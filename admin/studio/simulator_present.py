"""The simulator's forms, traces and back-tests as its pages show them; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from admin.studio.reward_forms import Shop, Typed
from admin.studio.rule_forms import Known
from admin.studio.tier_present import minor
from core.design import simulator_views as views
from core.design.formats import formats
from core.design.reward_views import FormField
from core.design.words import word
from core.i18n import Locale, Translator, in_language
from loyalty.backtests.rules import expected, whole_months
from loyalty.backtests.service import Run
from loyalty.earning.trial import Gave, GaveNot, WalletTrial
from loyalty.rules.facts import Line, OrderFacts
from loyalty.rules.sentence import Words
from loyalty.rules.service import Version

PATH = "/staff/studio/simulator"
NUMBER = 2
"""Which order of the customer's it is, unless it is their first."""


def zone_of(name: str) -> ZoneInfo:
    """The shop's."""
    return ZoneInfo(name)


@dataclass(frozen=True)
class OrderTyped:
    """An order as somebody typed it, and for whom."""

    facts: OrderFacts
    customer: str
    tier: str
    locale: Locale


def read(typed: Typed, known: Known) -> OrderTyped | None:
    """The order that the form asks for; None: something does not fit, and is noted in `typed`."""
    amount = typed.money("amount", required=True)
    quantity = typed.whole("quantity") or 1
    if amount is None or typed.problems:
        return None
    store = typed.text("store") or (known.stores[0][0] if known.stores else "")
    line = Line(
        sku=typed.text("sku"),
        category=typed.text("category") or None,
        quantity=quantity,
        amount_minor=amount.amount_minor,
    )
    facts = OrderFacts(
        currency=amount.currency,
        amount_minor=amount.amount_minor,
        store=store,
        channel=typed.text("channel") or None,
        number=1 if "first" in typed.fields else NUMBER,
        lines=(line,),
    )
    return OrderTyped(facts, typed.text("customer"), typed.text("tier"), typed.shop.locale)


def fields(typed: Mapping[str, str], shop: Shop, known: Known) -> tuple[FormField, ...]:
    """The form of an order, filled in with what was typed."""
    words, checked = shop.words, Typed(typed, shop)
    if typed:
        read(checked, known)
    tiers = tuple((each.code, in_language(each.name, shop.locale)) for each in shop.tiers)
    made = [
        FormField("customer", words.gettext("Member (the shop's id)")),
        FormField("tier", words.gettext("or anybody in the tier"), kind="select", options=tiers),
        FormField(
            "amount",
            words.gettext("The order amounts to (%(currency)s)", currency=shop.currency),
            required=True,
            inputmode="decimal",
        ),
        FormField("store", words.gettext("Store"), kind="select", options=tuple(known.stores)),
        FormField("channel", words.gettext("Channel")),
        FormField("sku", words.gettext("Product number")),
        FormField("category", words.gettext("Category")),
        FormField("quantity", words.gettext("Pieces"), inputmode="numeric"),
        FormField("first", words.gettext("It is the customer's first order"), kind="check"),
    ]
    return tuple(
        FormField(
            **{
                **vars(each),
                "value": typed.get(each.name, each.value),
                "problem": checked.problems.get(each.name, ""),
            }
        )
        for each in made
    )


# ---------------------------------------------------------------- a trace


def traces(
    found: Sequence[WalletTrial], names: Mapping[str, str], kinds: Mapping[str, str], shop: Shop
) -> tuple[views.Trace, ...]:
    """Wallet by wallet, what each rule gave and how, and why each other one gave nothing."""
    return tuple(
        views.Trace(
            wallet=kinds.get(each.wallet, each.wallet),
            points=each.points,
            lines=(
                *(_gave(rule, names, shop) for rule in each.rules),
                *(_gave_not(rule, names, shop) for rule in each.not_applied),
            ),
        )
        for each in found
    )


def _gave(rule: Gave, names: Mapping[str, str], shop: Shop) -> views.TraceLine:
    said = [_how(rule.inputs, shop)]
    if rule.points < rule.points_due:
        shown = formats(shop.locale)
        said.append(
            shop.words.gettext(
                "Its limit leaves %(points)s of %(due)s.",
                points=shown.number(rule.points),
                due=shown.number(rule.points_due),
            )
        )
    return _line(rule, rule.sentence, rule.points, " ".join(each for each in said if each), names, gave=True)


def _gave_not(rule: GaveNot, names: Mapping[str, str], shop: Shop) -> views.TraceLine:
    if rule.condition:
        how = shop.words.gettext("Not so: %(condition)s.", condition=rule.condition)
    else:
        how = word(shop.words, "rule_skipped", rule.because)
    return _line(rule, "", 0, how, names, gave=False)


def _line(
    rule: Gave | GaveNot, sentence: str, points: int, how: str, names: Mapping[str, str], gave: bool
) -> views.TraceLine:
    name = names.get(rule.code, rule.code)
    return views.TraceLine(name, f"/staff/studio/rules/{rule.code}", sentence, points, how, gave)


def _how(inputs: Mapping[str, Any], shop: Shop) -> str:
    words, shown = shop.words, formats(shop.locale)
    if "amount_minor" in inputs:
        return words.gettext(
            "%(amount)s at %(rate)s points per 100, times %(factor)s of the tier.",
            amount=shown.money(inputs["amount_minor"], inputs["currency"]),
            rate=shown.number(inputs["points_per_100_units"]),
            factor=shown.percent(inputs["multiplier_percent"] / 100),
        )
    if "percent" in inputs:
        factor = shown.percent(inputs["percent"] / 100)
        return words.gettext("%(factor)s of the points before it.", factor=factor)
    if inputs.get("times", 1) != 1:
        return words.gettext(
            "%(points)s points, %(times)s times.",
            points=shown.number(inputs["fixed"]),
            times=shown.number(inputs["times"]),
        )
    return ""


# ---------------------------------------------------------------- back-tests


def run_fields(
    listed: Sequence[Version],
    names: Mapping[str, str],
    kinds: Mapping[str, str],
    typed: Mapping[str, str],
    words: Translator,
) -> tuple[FormField, ...]:
    """The form of a back-test."""
    options = tuple(
        (f"{each.code}:{each.version}", f"{each.name or each.code} · {word_of(each, words)}")
        for each in listed
    )
    made = [
        FormField("rule", words.gettext("Rule"), kind="select", options=options),
        FormField("wallet", words.gettext("Wallet"), "points", kind="select", options=tuple(kinds.items())),
        FormField("start", words.gettext("From the day"), kind="date", required=True),
        FormField("end", words.gettext("Through the day"), kind="date", required=True),
    ]
    return tuple(FormField(**{**vars(each), "value": typed.get(each.name, each.value)}) for each in made)


def word_of(version: Version, words: Translator) -> str:
    """Which version it is, and whether it is in force."""
    if version.state == "draft":
        return words.gettext("draft, version %(number)s", number=version.version)
    return words.gettext("version %(number)s", number=version.version)


def line(
    run: Run, names: Mapping[str, str], kinds: Mapping[str, str], words: Translator
) -> views.BacktestLine:
    """A back-test as a line of a list."""
    return views.BacktestLine(
        href=f"{PATH}/{run.id}",
        name=names.get(run.code, run.code) or words.gettext("A rule that is none yet"),
        wallet=kinds.get(run.wallet, run.wallet),
        starts_at=run.starts_at,
        ends_at=run.ends_at,
        percent=100 * run.parts_done // run.parts,
        points=run.result.whole.points,
        by=run.asker or "",
    )


def backtest(
    run: Run, names: Mapping[str, str], kinds: Mapping[str, str], say: Words, point_cost_micros: int,
    currency: str, locale: Locale,
) -> views.BacktestPage:  # fmt: skip
    """One back-test, month by month."""
    whole, shown = run.result.whole, line(run, names, kinds, say.words)

    def cost(points: int) -> int:
        return minor(points * point_cost_micros, currency)

    months = {name: each for name, each in sorted(run.result.months.items()) if name}
    found = expected(whole_months(months)) if run.ended_at else None
    return views.BacktestPage(
        name=shown.name,
        sentence=say.rule(run.definition),
        wallet=shown.wallet,
        starts_at=run.starts_at,
        ends_at=run.ends_at,
        percent=shown.percent,
        progress_href="" if run.ended_at else f"{shown.href}/progress",
        events=whole.events,
        members=whole.members,
        points=whole.points,
        points_due=whole.points_due,
        cost_minor=cost(whole.points),
        currency=currency,
        months=tuple(
            views.Month(month_name(name, locale), each.events, each.members, each.points, cost(each.points))
            for name, each in months.items()
        ),
        granted=run.result.granted,
        expected=(found.mean, found.low, found.high) if found else None,
    )


def month_name(month: str, locale: Locale) -> str:
    """April 2026, from 2026-04."""
    year, number = month.split("-")
    return formats(locale).month(date(int(year), int(number), 1))
