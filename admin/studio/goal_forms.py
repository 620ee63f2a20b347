"""The forms of goals: those of cases, which managers set, and those of the programme; pure."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from core.design.case_views import SettingsForm
from core.design.reward_views import FormField, FormGroup
from core.errors import DomainError, Kind
from core.i18n import Translator
from core.ids import new_id
from reviews.proof import goals
from reviews.proof.goals import Goal

PATH = "/staff/studio/goals"
CASES = f"{PATH}/cases"
Fields = Mapping[str, str]
Wanted = Mapping[goals.Kind, Goal]


class GoalTyped(DomainError):
    """What was typed is no average, no share, no hours and no stars."""

    code = "goal_unfit"
    kind = Kind.INVALID
    title = "What was typed cannot be read"


def case_form(wanted: Wanted, typed: Fields, problem: str, words: Translator) -> SettingsForm:
    """Answering, resolving, satisfaction; `typed` as it came back."""
    reply, resolve, csat = wanted.get("reply"), wanted.get("resolve"), wanted.get("csat")
    now = typed or {
        "reply_share": _share(reply), "reply_hours": str(reply.within_hours if reply else 24),
        "reply_stars": str(reply.stars_to if reply else 2),
        "resolve_share": _share(resolve), "resolve_hours": str(resolve.within_hours if resolve else 120),
        "csat_share": _share(csat),
    }  # fmt: skip

    def field(name: str, label: str, hint: str = "") -> FormField:
        return FormField(name, label, now.get(name, ""), hint=hint, inputmode="decimal")

    share_of, none = words.gettext("Share in per cent"), words.gettext("Empty: no goal")
    hours = words.gettext("Within hours")
    answered = (
        field("reply_share", share_of, none),
        field("reply_hours", hours),
        field("reply_stars", words.gettext("Up to how many stars")),
    )
    resolved = (field("resolve_share", share_of, none), field("resolve_hours", hours))
    groups = (
        FormGroup(words.gettext("Answer bad reviews in public"), answered),
        FormGroup(words.gettext("Resolve cases"), resolved),
        FormGroup(words.gettext("Satisfied customers"), (field("csat_share", share_of, none),)),
    )
    title = words.gettext("Goals of cases")
    return SettingsForm(CASES, title, words.gettext("Save"), str(new_id()), groups, problem)


def programme_form(wanted: Wanted, typed: Fields, problem: str, words: Translator, most: str) -> SettingsForm:
    """Average stars, of which no more than `most` can be wanted, and what is redeemed."""
    rating, redemption = wanted.get("rating"), wanted.get("redemption")
    now = typed or {
        "rating": f"{rating.share * 5:.2f}".rstrip("0").rstrip(".") if rating else "",
        "redemption": _share(redemption),
    }
    none = words.gettext("Empty: no goal")
    made = (
        FormField(
            "rating", words.gettext("Average stars, up to %(most)s", most=most),
            now.get("rating", ""), hint=none, inputmode="decimal",
        ),
        FormField(
            "redemption", words.gettext("Points redeemed of those earned, in per cent"),
            now.get("redemption", ""), hint=none, inputmode="decimal",
        ),
    )  # fmt: skip
    title, groups = words.gettext("Goals of the programme"), (FormGroup(words.gettext("Each month"), made),)
    return SettingsForm(PATH, title, words.gettext("Save"), str(new_id()), groups, problem)


def case_goals(data: Fields) -> list[Goal]:
    """As they were typed. Raises GoalTyped."""
    return [
        Goal("reply", _percent(data, "reply"), _whole(data, "reply_hours"), _whole(data, "reply_stars")),
        Goal("resolve", _percent(data, "resolve"), _whole(data, "resolve_hours"), 5),
        Goal("csat", _percent(data, "csat")),
    ]


def programme_goals(data: Fields) -> list[Goal]:
    """As they were typed. Raises GoalTyped."""
    stars = _number(data.get("rating", ""))
    if stars and not 1 <= stars <= Decimal("4.9"):
        raise GoalTyped("rating")
    rating = (stars / 5).quantize(Decimal("0.001"))
    return [Goal("rating", rating), Goal("redemption", _percent(data, "redemption", ""))]


def _share(goal: Goal | None) -> str:
    return f"{goal.share * 100:.1f}".removesuffix(".0") if goal else ""


def _percent(data: Fields, name: str, after: str = "_share") -> Decimal:
    share = _number(data.get(f"{name}{after}", "").strip().removesuffix("%")) / 100
    if share > 1:
        raise GoalTyped(name)
    return share.quantize(Decimal("0.001"))


def _whole(data: Fields, name: str) -> int:
    typed = data.get(name, "").strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 6):
        raise GoalTyped(name)
    return int(typed)


def _number(typed: str) -> Decimal:
    try:
        found = Decimal(typed.strip().replace(",", ".") or "0")
    except InvalidOperation as error:
        raise GoalTyped(typed) from error
    if not found.is_finite() or found < 0:
        raise GoalTyped(typed)
    return found
