"""What a report shows besides cases: how stars went over a year, and what reviews complain about. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date

from admin.inbox.report_present import Reader
from core.days import months_on
from core.design.dashboard_views import Board, BoardRow, Cell
from core.design.words import word
from reviews.figures.service import Reviews
from reviews.trends.rules import BEFORE, RECENT, Trend

MONTHS = 12
TOPICS = 10


def first_month(last: date) -> date:
    """With which a chart begins that ends with this month."""
    return months_on(last.replace(day=1), 1 - MONTHS)


def rating(found: Mapping[date, Reviews], last: date, to: Reader) -> Board:
    """Average stars by month, a year of them."""
    words, first = to.words, first_month(last)
    months = [months_on(first, n) for n in range(MONTHS)]
    rows = tuple(_month(each, found.get(each, Reviews()), to) for each in months)
    heads = (words.gettext("Month"), words.gettext("Average stars"), words.gettext("Reviews"))
    lead = words.gettext(
        "Of all reviews received in the month, whoever asks for a part of it above; those without stars"
        " are left out."
    )
    return Board("rating", words.gettext("Rating"), lead, "line", "", heads, rows, "")


def _month(month: date, found: Reviews, to: Reader) -> BoardRow:
    stars = Cell("–", value="")
    if found.stars is not None:
        stars = Cell(to.shown.number(round(found.stars, 2)), value=f"{found.stars:.2f}")
    return BoardRow(to.shown.month(month), (stars, Cell(to.shown.number(found.reviews))))


def topics(found: Sequence[Trend], to: Reader) -> Board:
    """What has risen, then what is complained about most, up to now."""
    words, number, percent = to.words, to.shown.number, to.shown.percent
    ranked = sorted(found, key=lambda each: (not each.spike, -each.count.share, each.count.key))
    rows = []
    for trend in ranked[:TOPICS]:
        count = trend.count
        name = word(words, "aspect", count.name) if count.dimension == "aspect" else count.name
        because = words.gettext("has risen") if trend.spike else words.gettext("too few to say")
        cells = (
            Cell(word(words, "trend_dimension", count.dimension)),
            Cell(number(count.recent_negative)),
            Cell(number(count.recent)),
            Cell(percent(count.share), value=f"{count.share:.4f}"),
            Cell(percent(count.share_before), value=f"{count.share_before:.4f}"),
            Cell(because if trend.spike or trend.p is None else "–"),
        )
        rows.append(BoardRow(name, cells))
    heads = (
        words.gettext("What"), words.gettext("Kind"), words.gettext("Complaints"), words.gettext("Reviews"),
        words.gettext("Share"), words.gettext("Before"), words.gettext("Verdict"),
    )  # fmt: skip
    lead = words.gettext(
        "Complaints of the last %(days)s days against the %(before)s days before, whatever month is shown.",
        days=number(RECENT.days),
        before=number(BEFORE.days),
    )
    empty = words.gettext("No review came in.")
    title = words.gettext("Topics")
    return Board("topics", title, lead, "bar", "percent", heads, tuple(rows), "", empty, text_cells=1)
