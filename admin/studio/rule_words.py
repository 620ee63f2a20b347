"""Why a rule, or a campaign with its rules, is refused, in words."""

from core.errors import DomainError
from core.i18n import Translator, mark

REFUSALS = {
    "rule_exists": mark("There is a rule with this code already."),
    "rule_never_applies": mark("These conditions contradict each other: nothing could satisfy them all."),
    "rule_condition_unfitting": mark("A condition does not fit what the rule waits for."),
    "rule_effect_unfitting": mark("What the member gets does not fit what the rule waits for."),
    "rule_loops": mark("This event comes of points: points would earn points."),
    "rule_trigger_reserved": mark("This event has an entry of its own under “When”."),
    "rule_field_forbidden": mark("Rules may not look at what somebody thinks of the shop."),
    "rule_reference_unknown": mark("The rule names something that does not exist."),
    "rule_time_invalid": mark("A time of it lies too far away."),
    "rule_past": mark("It would begin or end in the past."),
    "rule_of_campaign": mark("This rule belongs to a campaign, and stays as the campaign began with it."),
    "segment_tainted": mark(
        "This segment uses reviews, cases or surveys, and points for reviews must not depend on them."
    ),
    "review_points_off": mark("Points for reviews are switched off in this programme."),
    "rule_moved": mark("Somebody has saved a newer version meanwhile; look at it first."),
    "rule_not_draft": mark("Only a draft can be put in force."),
    "rule_not_live": mark("The rule is not in force."),
    "campaign_exists": mark("There is a campaign with this code already."),
    "campaign_invalid": mark("The budget or the channels do not fit the campaign."),
    "campaign_not_draft": mark("The campaign runs already, or has ended."),
    "campaign_not_live": mark("The campaign does not run."),
}
"""By the code of the error."""
UNKNOWN = mark("Something does not fit.")
"""Where it is not known better what."""


def refusal(error: DomainError, words: Translator) -> str:
    """Why it is refused, in the reader's language."""
    return words.gettext(REFUSALS.get(error.code, UNKNOWN))
