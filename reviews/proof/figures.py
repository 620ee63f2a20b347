"""A report as one list of figures, for CSV and JSON: the same names, whoever reads it. Pure."""

from collections.abc import Iterator

import msgspec

from reviews.proof.rules import Share
from reviews.proof.service import Report, Resolved


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of a report.

    `section`: cases, clocks, person, team, aspect, surveys, recovery, holdout, goals or stars.
    `name`: of whom or what within it (a person, a clock, days, stars).
    `value`: a share from 0 to 1, seconds, or the NPS from -100 to 100; null: there is none.
    `count` of `of`: what it was counted from; `low` and `high`: its interval of 95 %.
    `enough`: whether it is enough to say something.
    """

    section: str
    name: str
    figure: str
    value: float | None
    count: int | None = None
    of: int | None = None
    low: float | None = None
    high: float | None = None
    enough: bool = True


HEADS = ("section", "name", "figure", "value", "count", "of", "low", "high", "enough")


def figures(found: Report) -> list[Figure]:
    """All of a report, in the order of its page."""
    return [
        _share("cases", "", "answered", found.answered),
        Figure(section="cases", name="", figure="waiting", value=None, count=found.waiting),
        *_clocks(found),
        *_resolved("cases", found.whole),
        _share("cases", "", "revised_unprompted", found.revised),
        *(each for one in found.by_person for each in _resolved("person", one)),
        *(each for one in found.by_team for each in _resolved("team", one)),
        *(each for one in found.by_aspect for each in _resolved("aspect", one)),
        *(_share("surveys", kind, "answered", share) for kind, share in sorted(found.surveys.items())),
        Figure(section="surveys", name="recommend", figure="nps", value=found.nps, of=found.nps_answers),
        *(_share("recovery", str(days), "bought_again", share) for days, share in found.recovered.items()),
        *_holdout(found),
        *_goals(found),
        *_stars(found),
    ]


def _clocks(found: Report) -> Iterator[Figure]:
    for clock in found.clocks:
        for figure, seconds in (("p50_s", clock.p50_s), ("p90_s", clock.p90_s)):
            yield Figure(section="clocks", name=clock.clock, figure=figure, value=seconds, of=clock.count)
        yield _share("clocks", clock.clock, "in_time", Share(clock.in_time, clock.count))


def _resolved(section: str, one: Resolved) -> Iterator[Figure]:
    yield Figure(section=section, name=one.name, figure="resolved", value=None, count=one.resolved)
    for figure in ("first_contact", "reopened", "csat", "effort"):
        yield _share(section, one.name, figure, getattr(one, figure))


def _holdout(found: Report) -> Iterator[Figure]:
    if found.arms is None:
        return
    for arm, count in sorted(found.arms.assigned.items()):
        yield _share("holdout", arm, "given", Share(found.arms.given.get(arm, 0), count))
    for days, difference in found.arms.by_days.items():
        yield _share("holdout", f"remedy {days}", "bought_again", difference.remedy)
        yield _share("holdout", f"holdout {days}", "bought_again", difference.holdout)
        low, high = difference.interval or (None, None)
        yield Figure(
            section="holdout", name=str(days), figure="difference", value=difference.value,
            low=low, high=high, of=difference.remedy.of + difference.holdout.of, enough=difference.enough,
        )  # fmt: skip


def _goals(found: Report) -> Iterator[Figure]:
    for each in found.goals:
        yield _share("goals", each.goal.kind, "reached", Share(each.count, each.of))
        yield Figure(section="goals", name=each.goal.kind, figure="wanted", value=float(each.goal.share))
        yield Figure(section="goals", name=each.goal.kind, figure="short", value=None, count=each.short)


def _stars(found: Report) -> Iterator[Figure]:
    for part in found.by_stars:
        name = "" if part.stars is None else str(part.stars)
        yield _share("stars", name, "replied", Share(part.answered, part.shown))
        yield _share("stars", name, "hidden", Share(part.hidden, part.live - part.hidden_there))


def _share(section: str, name: str, figure: str, share: Share) -> Figure:
    low, high = share.interval or (None, None)
    return Figure(
        section=section, name=name, figure=figure, value=share.value, count=share.count, of=share.of, low=low,
        high=high, enough=share.enough,
    )  # fmt: skip
