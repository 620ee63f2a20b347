"""From figures to boards: a chart, its table, the rows behind each number; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from core.design.dashboard_views import Board, BoardRow, Cell, Compared
from core.design.formats import Formats, formats
from core.i18n import Locale, Translator, translator
from loyalty.figures.rules import Flow, Points
from loyalty.figures.service import Cohort, Move, Stretch
from reviews.figures.service import Reviews

PATH = "/staff/studio/dashboards"
HEATS = 9


@dataclass(frozen=True)
class Reader:
    """Who reads it, of which stretch; `tiers` are names by code."""

    locale: Locale
    over: Stretch
    tiers: Mapping[str, str]

    @property
    def words(self) -> Translator:
        """Their language."""
        return translator(self.locale)

    @property
    def shown(self) -> Formats:
        """As they write numbers."""
        return formats(self.locale)

    def csv(self, board: str) -> str:
        """The same as a file."""
        return f"{PATH}.csv?{urlencode({'board': board} | self.asked)}"

    @property
    def asked(self) -> dict[str, str]:
        """How this stretch is asked for."""
        return {"months": str(len(self.over.months)), "until": f"{self.over.last:%Y-%m}"}

    def rows(self, figure: str, **more: object) -> str:
        """The page of a figure's rows."""
        return f"{PATH}/rows?{urlencode({'figure': figure} | {k: str(v) for k, v in more.items()})}"


def boards(
    points: Mapping[date, Points],
    moves: Sequence[Move],
    cohorts: Sequence[Cohort],
    reviews: Mapping[date, Reviews],
    to: Reader,
) -> tuple[Board, ...]:
    """All of them, in the order of the page."""
    return (
        _flow(points, to),
        _rate(points, to),
        _moves(moves, to),
        _retention(cohorts, to),
        _rating(reviews, to),
        _response(reviews, to),
        _hiding(reviews, to),
    )


# ---------------------------------------------------------------- points


def _flow(points: Mapping[date, Points], to: Reader) -> Board:
    words = to.words
    flows: tuple[Flow, ...] = ("earned", "redeemed", "expired", "taken_back")
    heads = (
        words.gettext("Month"), words.gettext("Earned"), words.gettext("Redeemed"), words.gettext("Expired"),
        words.gettext("Taken back"),
    )  # fmt: skip
    rows = tuple(
        BoardRow(
            to.shown.month(month),
            tuple(
                Cell(
                    to.shown.number(getattr(found, flow)),
                    to.rows("points", month=f"{month:%Y-%m}", flow=flow) if getattr(found, flow) else "",
                    str(getattr(found, flow)),
                )
                for flow in flows
            ),
        )
        for month, found in points.items()
    )
    lead = words.gettext("In points, by the month in which it happened.")
    return Board("points", words.gettext("Earned and burned"), lead, "bar", "", heads, rows, to.csv("points"))


def _rate(points: Mapping[date, Points], to: Reader) -> Board:
    words = to.words
    heads = (words.gettext("Month"), words.gettext("Redemption rate"))

    def href(month: date) -> str:
        return to.rows("points", month=f"{month:%Y-%m}", flow="redeemed")

    rows = tuple(
        BoardRow(
            to.shown.month(month),
            (_share(found.redemption_rate, to, href(month) if found.redeemed else ""),),
        )
        for month, found in points.items()
    )
    lead = words.gettext("Points redeemed in a month, of those earned in it.")
    title = words.gettext("Redemption rate")
    return Board("redemption", title, lead, "line", "percent", heads, rows, to.csv("redemption"))


# ---------------------------------------------------------------- members


def _moves(moves: Sequence[Move], to: Reader) -> Board:
    words = to.words
    joined = words.gettext("Joined")
    asked = to.asked
    rows = tuple(
        BoardRow(
            to.tiers.get(each.from_code, each.from_code) if each.from_code else joined,
            (
                Cell(to.tiers.get(each.to_code, each.to_code)),
                Cell(
                    to.shown.number(each.members),
                    to.rows("moves", **asked, **{"from": each.from_code or "", "to": each.to_code}),
                    str(each.members),
                ),
            ),
        )
        for each in sorted(moves, key=lambda move: _order(move, list(to.tiers)))
    )
    heads = (words.gettext("From"), words.gettext("To"), words.gettext("Members"))
    lead = words.gettext("Where members stood before the first month and where they stand after the last.")
    return Board(
        "moves", words.gettext("Moves between tiers"), lead, "flow", "", heads, rows, to.csv("moves"),
        words.gettext("Nobody changed tier."), 1,
    )  # fmt: skip


def _order(move: Move, codes: list[str]) -> tuple[int, int]:
    def rank(code: str | None) -> int:
        return -1 if code is None else codes.index(code) if code in codes else len(codes)

    return rank(move.from_code), rank(move.to_code)


def _retention(cohorts: Sequence[Cohort], to: Reader) -> Board:
    words = to.words
    width = len(to.over.months)
    heads = (
        words.gettext("Joined in"),
        words.gettext("Members"),
        *(words.gettext("Month %(n)s", n=to.shown.number(n)) for n in range(width)),
    )
    rows = tuple(
        BoardRow(
            to.shown.month(each.month),
            (Cell(to.shown.number(each.size)), *_months_of(each, to)),
        )
        for each in cohorts
    )
    lead = words.gettext(
        "Of the members who joined in a month, the share that bought in it (month 0) and in each month since."
    )
    return Board(
        "retention", words.gettext("Who comes back"), lead, "", "percent", heads, rows, to.csv("retention"),
        words.gettext("Nobody joined in these months."),
    )  # fmt: skip


def _months_of(cohort: Cohort, to: Reader) -> Iterable[Cell]:
    months = [month for month in to.over.months if month >= cohort.month]
    for month in months:
        count = cohort.bought.get(month, 0)
        href = to.rows("buyers", joined=f"{cohort.month:%Y-%m}", month=f"{month:%Y-%m}") if count else ""
        share = count / cohort.size
        yield Cell(to.shown.percent(share), href, f"{share:.4f}", heat(share, 1.0))
    for _ in range(len(to.over.months) - len(months)):
        yield Cell("")


def heat(value: float, most: float) -> int:
    """1 to 9 for what is more than nothing; the most is 9."""
    return min(HEATS, 1 + int(HEATS * value / most)) if value and most else 0


# ---------------------------------------------------------------- reviews


def _rating(reviews: Mapping[date, Reviews], to: Reader) -> Board:
    words = to.words
    heads = (words.gettext("Month"), words.gettext("Average stars"), words.gettext("Reviews"))
    rows = tuple(
        BoardRow(
            to.shown.month(month),
            (_decimal(found.stars, to, 2), Cell(to.shown.number(found.reviews), _reviews("all", month))),
        )
        for month, found in _by_month(reviews, to)
    )
    lead = words.gettext("Of reviews received in the month, those without stars left out.")
    return Board("rating", words.gettext("Rating"), lead, "line", "", heads, rows, to.csv("rating"))


def _response(reviews: Mapping[date, Reviews], to: Reader) -> Board:
    words = to.words
    heads = (
        words.gettext("Month"), words.gettext("Half of them within, hours"),
        words.gettext("Nine of ten within, hours"), words.gettext("Answered"),
    )  # fmt: skip
    rows = tuple(
        BoardRow(
            to.shown.month(month),
            (
                _decimal(found.hours_half, to, 1),
                _decimal(found.hours_most, to, 1),
                Cell(
                    _of(found.answered, found.shown, to),
                    _reviews("answered", month) if found.answered else "",
                ),
            ),
        )
        for month, found in _by_month(reviews, to)
    )
    lead = words.gettext("From the receipt of a review to our public reply, by the month of the receipt.")
    title = words.gettext("Response times")
    return Board("response", title, lead, "line", "", heads, rows, to.csv("response"))


def _hiding(reviews: Mapping[date, Reviews], to: Reader) -> Board:
    words = to.words
    heads = (
        words.gettext("Month"), words.gettext("1 and 2 stars"), words.gettext("4 and 5 stars"),
        words.gettext("Hidden in all"),
    )  # fmt: skip
    rows = tuple(
        BoardRow(
            to.shown.month(month),
            (
                _share(found.hide_rate_low, to),
                _share(found.hide_rate_high, to),
                Cell(to.shown.number(found.hidden_low + found.hidden_high), _reviews("hidden", month)),
            ),
        )
        for month, found in _by_month(reviews, to)
    )
    lead = words.gettext(
        "Of reviews that we could have shown, the share that we hid: bad and good ones alike?"
    )
    title = words.gettext("Hide rate")
    return Board("hiding", title, lead, "line", "percent", heads, rows, to.csv("hiding"))


def _by_month(reviews: Mapping[date, Reviews], to: Reader) -> list[tuple[date, Reviews]]:
    return [(month, reviews.get(month, Reviews())) for month in to.over.months]


def _reviews(rows: str, month: date) -> str:
    asked = {"rows": rows, "month": f"{month:%Y-%m}"}
    return f"/staff/studio/compliance/reviews?{urlencode(asked)}"


# ---------------------------------------------------------------- cells


def _share(value: float | None, to: Reader, href: str = "") -> Cell:
    if value is None:
        return Cell("–", value="")
    return Cell(to.shown.percent(value), href, f"{value:.4f}")


def _decimal(value: float | None, to: Reader, digits: int) -> Cell:
    if value is None:
        return Cell("–", value="")
    return Cell(to.shown.number(round(value, digits)), value=f"{value:.{digits}f}")


def _of(count: int, whole: int, to: Reader) -> str:
    if not whole:
        return "–"
    counted = to.words.gettext("%(count)s of %(of)s", count=to.shown.number(count), of=to.shown.number(whole))
    return f"{to.shown.percent(count / whole)} ({counted})"


# ---------------------------------------------------------------- compared with the stretch before


def compared(
    now: Points, before: Points, reviews: Reviews, earlier: Reviews, to: Reader
) -> tuple[Compared, ...]:
    """The figures on top."""
    words, number = to.words, to.shown.number

    def count(label: str, new: int, old: int, good: bool | None = None) -> Compared:
        return Compared(label, number(new), _change(new, old, to), _news(new, old, good))

    def other(label: str, new: float | None, old: float | None, said: str, good: bool | None) -> Compared:
        texts = [
            "–" if each is None else to.shown.percent(each) if said == "%" else number(round(each, 2))
            for each in (new, old)
        ]
        before = words.gettext("before: %(value)s", value=texts[1])
        return Compared(label, texts[0], before, _news(new, old, good))

    return (
        count(words.gettext("Earned"), now.earned, before.earned),
        count(words.gettext("Redeemed"), now.redeemed, before.redeemed),
        other(words.gettext("Redemption rate"), now.redemption_rate, before.redemption_rate, "%", True),
        count(words.gettext("Expired"), now.expired, before.expired),
        count(words.gettext("Reviews"), reviews.reviews, earlier.reviews),
        other(words.gettext("Average stars"), reviews.stars, earlier.stars, "", True),
        other(
            words.gettext("Half answered within, hours"), reviews.hours_half, earlier.hours_half, "", False
        ),
    )


def _change(new: int, old: int, to: Reader) -> str:
    if not old:
        return to.words.gettext("before: %(value)s", value=to.shown.number(old))
    share = (new - old) / old
    sign = "+" if share > 0 else "−" if share < 0 else ""
    return to.words.gettext(
        "%(change)s, before: %(value)s",
        change=sign + to.shown.percent(abs(share)),
        value=to.shown.number(old),
    )


def _news(new: float | None, old: float | None, good: bool | None) -> str:
    """`good`: more is good; False: less is; None: neither."""
    if good is None or new is None or old is None or new == old:
        return ""
    return "up" if (new > old) == good else "down"


def summed(points: Iterable[Points]) -> Points:
    """All of them together."""
    every = list(points)
    return Points(**{name: sum(getattr(each, name) for each in every) for name in Points.__struct_fields__})
