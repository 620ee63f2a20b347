"""From a report to what its page shows; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from core.design import report_views as views
from core.design.case_views import SettingsForm
from core.design.dashboard_views import Board
from core.design.formats import Formats, formats
from core.design.reward_views import FormField, FormGroup
from core.design.words import word
from core.i18n import Locale, Translator
from core.ids import new_id
from reviews.cases.remedies.holdout import Holdout
from reviews.proof.goals import Goal
from reviews.proof.rules import Share
from reviews.proof.service import Arms, Report, Resolved
from sentiment.types import ASPECTS as ASPECT_CODES

ASPECTS: tuple[str, ...] = tuple(ASPECT_CODES)


@dataclass(frozen=True)
class Choices:
    """Teams and people by id, to choose from."""

    teams: Sequence[tuple[UUID, str]]
    people: Sequence[tuple[UUID, str]]


@dataclass(frozen=True)
class Reader:
    """Who reads it."""

    words: Translator
    locale: Locale
    time_zone: str

    @property
    def shown(self) -> Formats:
        """As they write numbers."""
        return formats(self.locale)


def reports(
    found: Report, day: date, kept: Mapping[str, str], choices: Choices, to: Reader, *, earlier_href: str,
    later_href: str, csv_href: str, goals_href: str, forms: tuple[SettingsForm, ...],
    boards: tuple[tuple[Board, str], ...],
) -> views.Reports:  # fmt: skip
    """The page."""
    return views.Reports(
        month=to.shown.month(day),
        earlier_href=earlier_href,
        later_href=later_href,
        csv_href=csv_href,
        goals_href=goals_href,
        filters=_filters(kept, choices, to.words),
        month_code=f"{day:%Y-%m}",
        bars=_bars(found, to),
        tables=(
            _goals(found, to),
            _speed(found, to),
            _groups(to.words.gettext("By person"), found.by_person, to),
            _groups(to.words.gettext("By team"), found.by_team, to),
            _groups(to.words.gettext("By complaint"), found.by_aspect, to, aspects=True),
            _surveys(found, to),
            _recovery(found, to),
            _holdout(found.arms, to),
            _stars(found, to),
        ),
        boards=boards,
        forms=forms,
    )


def share(of: Share, to: Reader, careful: bool = False) -> str:
    """83% (25 of 30); `careful`: nothing is said of too few."""
    counted = to.words.gettext(
        "%(count)s of %(of)s", count=to.shown.number(of.count), of=to.shown.number(of.of)
    )
    if of.value is None or (careful and not of.enough):
        return to.words.gettext("too few to say") + f" ({counted})"
    return f"{to.shown.percent(of.value)} ({counted})"


def _interval(low_high: tuple[float, float] | None, to: Reader) -> str:
    if low_high is None:
        return "–"
    return " … ".join(to.shown.percent(each) for each in low_high)


def _hours(seconds: int, to: Reader) -> str:
    """1.5 h; below an hour in minutes."""
    if seconds < 3600:
        return to.words.gettext("%(minutes)s min", minutes=to.shown.number(max(1, round(seconds / 60))))
    return to.words.gettext("%(hours)s h", hours=to.shown.number(round(seconds / 3600, 1)))


def _filters(kept: Mapping[str, str], choices: Choices, words: Translator) -> tuple[FormField, ...]:
    everything = ("", words.gettext("All"))
    teams = tuple((str(each), name) for each, name in choices.teams)
    people = tuple((str(each), name) for each, name in choices.people)
    aspects = tuple((code, word(words, "aspect", code)) for code in ASPECTS)
    return (
        FormField("team", words.gettext("Team"), kept["team"], "select", options=(everything, *teams)),
        FormField("person", words.gettext("Person"), kept["person"], "select", options=(everything, *people)),
        FormField(
            "aspect", words.gettext("Complaint"), kept["aspect"], "select", options=(everything, *aspects)
        ),
    )


def _bars(found: Report, to: Reader) -> tuple[views.Bar, ...]:
    words = to.words
    parts = (
        (words.gettext("Cases answered"), found.answered),
        (words.gettext("Solved with the first contact"), found.whole.first_contact),
        (words.gettext("Reopened"), found.whole.reopened),
        (words.gettext("Satisfied"), found.whole.csat),
        (words.gettext("Found it easy"), found.whole.effort),
        (words.gettext("Raised their review unasked"), found.revised),
    )
    return tuple(views.Bar(label, of.value or 0.0, share(of, to)) for label, of in parts)


def _goals(found: Report, to: Reader) -> views.ReportTable:
    words, number = to.words, to.shown.number
    rows = tuple(
        (
            said(each.goal, to),
            to.shown.percent(float(each.goal.share)),
            share(Share(each.count, each.of), to),
            number(each.short) if each.short else words.gettext("reached"),
            number(each.open),
        )
        for each in found.goals
    )
    heads = (
        words.gettext("Goal"), words.gettext("Wanted"), words.gettext("So far"),
        words.gettext("How many short"), words.gettext("Can still make it"),
    )  # fmt: skip
    lead = words.gettext("Of all that came in this month, whoever asks for a part of it above.")
    return views.ReportTable(
        words.gettext("Goals of the month"), lead, heads, rows, words.gettext("No goal is set.")
    )


def said(goal: Goal, to: Reader) -> str:
    """What a goal is, in words."""
    words, number = to.words, to.shown.number
    if goal.kind == "csat":
        return words.gettext("Answers of satisfied customers")
    if goal.kind == "rating":
        return words.gettext("Average stars of reviews, in per cent of five")
    if goal.kind == "redemption":
        return words.gettext("Points redeemed, of those earned")
    if goal.kind == "resolve":
        return words.gettext("Cases resolved within %(hours)s hours", hours=number(goal.within_hours))
    return words.gettext(
        "Reviews of up to %(stars)s stars answered within %(hours)s hours",
        stars=number(goal.stars_to),
        hours=number(goal.within_hours),
    )


def _speed(found: Report, to: Reader) -> views.ReportTable:
    words = to.words
    rows = tuple(
        (
            word(words, "clock", clock.clock),
            _hours(clock.p50_s, to),
            _hours(clock.p90_s, to),
            share(Share(clock.in_time, clock.count), to),
        )
        for clock in found.clocks
    )
    heads = (
        words.gettext("Clock"), words.gettext("Half of them within"), words.gettext("Nine of ten within"),
        words.gettext("In time"),
    )  # fmt: skip
    lead = words.gettext("Working time, out of each case's own events. Cases that wait for an answer: %(count)s.", count=to.shown.number(found.waiting))  # noqa: E501  # fmt: skip
    return views.ReportTable(words.gettext("How soon"), lead, heads, rows, words.gettext("No clock was met."))


def _groups(caption: str, parts: Sequence[Resolved], to: Reader, aspects: bool = False) -> views.ReportTable:
    words = to.words
    rows = tuple(
        (
            word(words, "aspect", each.name) if aspects else each.name,
            to.shown.number(each.resolved),
            share(each.first_contact, to),
            share(each.reopened, to),
            share(each.csat, to),
            share(each.effort, to),
        )
        for each in parts
    )
    heads = (
        words.gettext("Who or what"), words.gettext("Resolved"), words.gettext("With the first contact"),
        words.gettext("Reopened"), words.gettext("Satisfied"), words.gettext("Found it easy"),
    )  # fmt: skip
    return views.ReportTable(caption, "", heads, rows, words.gettext("Nothing was resolved."))


def _surveys(found: Report, to: Reader) -> views.ReportTable:
    words = to.words
    names = {
        "resolution": words.gettext("After a case is resolved"),
        "recommend": words.gettext("After a delivery"),
    }
    rows = [(names[kind], share(of, to)) for kind, of in sorted(found.surveys.items())]
    if found.nps is not None:
        number = to.shown.number
        counted = words.ngettext("%(num)s answer", "%(num)s answers", found.nps_answers)
        rows.append((words.gettext("Net promoter score"), f"{number(round(found.nps))} ({counted})"))
    heads = (words.gettext("Survey"), words.gettext("Answered"))
    return views.ReportTable(
        words.gettext("Surveys"), "", heads, tuple(rows), words.gettext("Nobody was asked.")
    )


def _recovery(found: Report, to: Reader) -> views.ReportTable:
    words = to.words
    rows = tuple(
        (_days(days, to), share(of, to, careful=True), _interval(of.interval, to) if of.enough else "–",
         share(Share(of.of - of.count, of.of), to, careful=True))
        for days, of in found.recovered.items()
    )  # fmt: skip
    heads = (
        words.gettext("Within"), words.gettext("Bought again"), words.gettext("Interval of 95 per cent"),
        words.gettext("Did not"),
    )  # fmt: skip
    lead = words.gettext(
        "Customers whose case was resolved this month, from that moment on. It does not say why they came"
        " back: the next table does."
    )
    return views.ReportTable(
        words.gettext("After a resolution"), lead, heads, rows,
        words.gettext("Nobody's 30 days are over yet."),
    )  # fmt: skip


def _holdout(arms: Arms | None, to: Reader) -> views.ReportTable:
    words, number = to.words, to.shown.number
    caption = words.gettext("What remedies bring")
    heads = (
        words.gettext("Bought again within"), words.gettext("With remedies"), words.gettext("Held out"),
        words.gettext("Difference"), words.gettext("Interval of 95 per cent"),
    )  # fmt: skip
    if arms is None:
        return views.ReportTable(
            caption, "", heads, (), words.gettext("Nobody is held out: it cannot be said.")
        )
    lead = words.gettext(
        "By chance %(share)s of customers get no remedy, since %(date)s, whatever month is shown. Each is"
        " counted where chance had put them, from the start of their case: %(remedy)s with remedies,"
        " %(holdout)s held out; to %(overridden)s of these something was given all the same, with a reason.",
        share=to.shown.percent(float(arms.share)),
        date=to.shown.date(arms.began_at, to.time_zone),
        remedy=number(arms.assigned.get("remedy", 0)),
        holdout=number(arms.assigned.get("holdout", 0)),
        overridden=number(arms.overridden),
    )
    rows = tuple(
        (
            _days(days, to),
            share(each.remedy, to, careful=True),
            share(each.holdout, to, careful=True),
            to.shown.percent(each.value) if each.enough and each.value is not None
            else words.gettext("too few to say"),
            _interval(each.interval, to) if each.enough else "–",
        )
        for days, each in arms.by_days.items()
    )  # fmt: skip
    return views.ReportTable(caption, lead, heads, rows, "")


def _stars(found: Report, to: Reader) -> views.ReportTable:
    words = to.words
    rows = tuple(
        (
            words.gettext("No stars")
            if part.stars is None
            else words.ngettext("%(num)s star", "%(num)s stars", part.stars),
            to.shown.number(part.live),
            share(Share(part.answered, part.shown), to),
            share(Share(part.hidden, part.live - part.hidden_there), to),
        )
        for part in found.by_stars
    )
    heads = (
        words.gettext("Reviews"), words.gettext("How many"), words.gettext("Replied to in public"),
        words.gettext("Hidden by us"),
    )  # fmt: skip
    return views.ReportTable(
        words.gettext("Reviews of the month"), "", heads, rows, words.gettext("No review came in.")
    )


def _days(days: int, to: Reader) -> str:
    return to.words.ngettext("%(num)s day", "%(num)s days", days)


def form(held: Holdout | None, to: Reader, typed: Mapping[str, str] | None, problem: str) -> SettingsForm:
    """The share that is held out; `typed` as it came back."""
    words = to.words
    now = typed or {"holdout": f"{held.share * 100:.1f}".removesuffix(".0") if held and held.share else "0"}
    hint = words.gettext(
        "0: nobody, up to 50. Chance decides, from the next case on; staff see it on the"
        " case and may give all the same, with a reason."
    )
    share = FormField(
        "holdout", words.gettext("Share in per cent"), now.get("holdout", ""), hint=hint, inputmode="decimal"
    )
    return SettingsForm(
        action="/staff/inbox/reports/holdout",
        title=words.gettext("Hold out by chance"),
        submit=words.gettext("Save"),
        key=str(new_id()),
        groups=(FormGroup(words.gettext("Customers who get no remedy"), (share,)),),
        problem=problem,
    )
