"""What the reason of an earn says of rules, in words: which counted, as they were, and why others did not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.i18n import Locale
from loyalty.earning.ways import as_told
from loyalty.rules import model as m
from loyalty.rules import service as rules
from loyalty.rules.check import every
from loyalty.rules.sentence import Words
from loyalty.rules.service import Version


@dataclass(frozen=True)
class Counted:
    """A rule that gave points; `sentence` is empty where only the shop may read it."""

    sentence: str
    version: int
    points: int


@dataclass(frozen=True)
class NotCounted:
    """A rule that gave none; `because` and the `condition` (in words, or "") as in loyalty.rules.evaluate."""

    sentence: str
    version: int
    because: str
    condition: str


@dataclass(frozen=True)
class Why:
    """Both, in stacking order; empty for what no rules were asked about."""

    counted: tuple[Counted, ...] = ()
    others: tuple[NotCounted, ...] = ()


async def why(reason: Mapping[str, Any], locale: Locale, staff: bool = False) -> Why:
    """The rules of a posting as they were then, for the member or for `staff`, who may read of segments.

    Versions that are not here, of history that came from elsewhere, are left out.
    """
    named = [(each["code"], each["version"]) for each in (*reason.get("rules", ()), *reason.get("not", ()))]
    if not named:
        return Why()
    say, found = await rules.words(locale), await rules.named(named)
    gave, skipped = (
        [each for each in reason.get(part, ()) if (each["code"], each["version"]) in found]
        for part in ("rules", "not")
    )
    return Why(
        tuple(_counted(each, found[each["code"], each["version"]], say, staff) for each in gave),
        tuple(_others(skipped, found, say, staff)),
    )


def _counted(each: Mapping[str, Any], version: Version, say: Words, staff: bool) -> Counted:
    asked = [c.segment for c in every(version.rule.conditions) if isinstance(c, m.InSegment)]
    told = version.rule if staff else as_told(version.rule, asked)
    return Counted(say.rule(told) if told else "", version.version, each["points"])


def _others(
    skipped: Iterable[Mapping[str, Any]], found: Mapping[tuple[str, int], Version], say: Words, staff: bool
) -> Iterable[NotCounted]:
    for each in skipped:
        version, because = found[each["code"], each["version"]], each["because"]
        told = version.rule if staff else as_told(version.rule, ())
        if told is None:
            continue  # for members whom the shop has a word for, which is not for others to read
        failed = next((c for c in told.requirements() if type(c).__struct_config__.tag == because), None)
        yield NotCounted(say.rule(told), version.version, because, say.condition(failed) if failed else "")
