"""Targets: policies, the first that fits a case counts."""

from datetime import timedelta
from typing import Any

from litestar import Response, post
from litestar.params import FromPath, URLEncodedBody

from admin.inbox.settings.common import (
    ROOT,
    Fields,
    Setting,
    SettingUnfit,
    Staff,
    code_field,
    items,
    name_field,
    save,
    section,
    sets,
    setting,
    ticked,
)
from api.pages import locale_of
from core import amounts, clock, db
from core.design import case_views as views
from core.design.reward_views import FormField, FormGroup
from core.design.words import word
from core.i18n import Translator, translator
from core.ids import new_id
from reviews.cases import response
from reviews.cases.calendars import service as calendars
from reviews.cases.targets import rules, service
from reviews.cases.targets.rules import CLOCKS, MAY_PAUSE, PAUSES, SHIPPED, Fits, Policy, Targets

PATH = f"{ROOT}/targets"
GOALS = "/staff/studio/goals"
LOOK_BACK = timedelta(days=30)


async def _put(on: Setting, data: Fields) -> None:
    await service.put(_policy(data, on.words), on.by, on.now)


async def _remove(on: Setting, code: str) -> None:
    """Cases that it was promised to keep it."""
    await service.remove(code, on.by)


@post("/settings/targets/{code:str}/move", guards=[sets], status_code=303)
async def move(request: Staff, code: FromPath[str], data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Let a policy be looked at before or after its neighbour."""
    on, step = setting(request), -1 if data.get("direction") == "earlier" else 1

    async def effect() -> None:
        await service.move(code, step, on.by)

    return await save(request, data, PATH, effect, lambda because: _view(request, "", None, because))


def _policy(data: Fields, words: Translator) -> Policy:
    urgent = {"yes": True, "no": False}.get(data.get("urgent", ""))
    fits = Fits(
        items(data.get("sources", "")), items(data.get("tiers", "")), items(data.get("languages", "")), urgent
    )
    targets = Targets(**{kind: _seconds(data.get(kind, ""), words) for kind in CLOCKS})
    pauses = tuple(state for state in MAY_PAUSE if state in ticked(data, "pause_", MAY_PAUSE))
    return Policy(
        data.get("code", ""),
        data.get("name", "").strip(),
        fits,
        targets,
        pauses,
        data.get("calendar", ""),
        data.get("call") == "on",
    )


def _seconds(typed: str, words: Translator) -> int | None:
    if not typed.strip():
        return None
    found = amounts.seconds(typed)
    if found is None:
        raise SettingUnfit(words.gettext("“%(text)s” is no number of hours.", text=typed.strip()))
    return found


def _hours(target_s: int | None) -> str:
    return "" if target_s is None else amounts.hours(target_s)


async def _view(request: Staff, edit: str, typed: Fields | None, because: str) -> views.CaseSettings:
    words, user, now = translator(locale_of(request)), request.user, clock.now()
    async with db.transaction(user.merchant_id):
        policies = await service.policies()
        known = [(each.code, each.name) for each in await calendars.every()]
        met = await response.met(now - LOOK_BACK, now)
    chosen = next((each for each in policies if each.code == edit), None)
    fields = typed or (_fields(chosen) if chosen else {f"pause_{state}": "on" for state in PAUSES})
    may = "inbox.settings" in user.permissions
    return views.CaseSettings(
        section="targets",
        title=words.gettext("Targets"),
        lead=words.gettext(
            "How soon something must happen. The first policy that fits a case counts, and the case keeps it."
        ),
        tables=(_table(policies, words, may), _met(met, words)),
        forms=(_form(fields, words, known, edit if chosen else "", because),) if may else (),
        see=views.See(words.gettext("What share should make it: goals of the month"), GOALS)
        if "studio.read" in user.permissions
        else None,
    )


def _table(policies: list[Policy], words: Translator, may: bool) -> views.SettingsTable:
    lines = [
        views.SettingsLine(
            (
                each.name,
                _fits(each.fits, words),
                *(_hours(each.targets.of(kind)) or "–" for kind in CLOCKS),
                each.calendar or "–",
            ),
            f"{PATH}?edit={each.code}",
            f"{PATH}/{each.code}/remove",
            str(new_id()) if may else "",
            f"{PATH}/{each.code}/move" if may and len(policies) > 1 else "",
            _moves(n, len(policies)),
        )
        for n, each in enumerate(policies)
    ]
    for urgent, terms in SHIPPED.items():
        name = words.gettext("As shipped, urgent") if urgent else words.gettext("As shipped")
        cells = (*(_hours(terms.targets.of(kind)) or "–" for kind in CLOCKS), "–")
        lines.append(views.SettingsLine((name, words.gettext("all others"), *cells)))
    heads = (
        words.gettext("Policy"),
        words.gettext("For"),
        *(words.gettext("%(clock)s, hours", clock=word(words, "clock", kind)) for kind in CLOCKS),
        words.gettext("Calendar"),
    )
    return views.SettingsTable(words.gettext("Targets"), heads, tuple(lines))


def _moves(place: int, count: int) -> tuple[views.Way, ...]:
    earlier: tuple[views.Way, ...] = ("earlier",) if place else ()
    return (*earlier, "later") if place < count - 1 else earlier


def _fits(fits: Fits, words: Translator) -> str:
    parts = [*fits.sources, *fits.tiers, *fits.languages]
    if fits.urgent is not None:
        parts.append(words.gettext("urgent") if fits.urgent else words.gettext("not urgent"))
    return ", ".join(parts) or words.gettext("all")


def _met(met: list[response.Met], words: Translator) -> views.SettingsTable:
    lines = tuple(
        views.SettingsLine(
            (
                word(words, "clock", each.clock),
                str(each.count),
                f"{each.p50_s / rules.HOUR_S:.2f}",
                f"{each.p90_s / rules.HOUR_S:.2f}",
                f"{each.in_time}",
            ),
        )
        for each in met
    )
    heads = (
        *(words.gettext("Clock"), words.gettext("How often")),
        *(
            words.gettext("Half within, hours"),
            words.gettext("Nine of ten within, hours"),
            words.gettext("In time"),
        ),
    )
    return views.SettingsTable(
        words.gettext("The last 30 days, in working time"),
        heads,
        lines,
        words.gettext("Nothing was answered yet."),
    )


def _fields(policy: Policy) -> Fields:
    fits = policy.fits
    urgent = "" if fits.urgent is None else "yes" if fits.urgent else "no"
    return {
        "code": policy.code,
        "name": policy.name,
        "calendar": policy.calendar,
        "urgent": urgent,
        "call": "on" if policy.call else "",
        "sources": ", ".join(fits.sources),
        "tiers": ", ".join(fits.tiers),
        "languages": ", ".join(fits.languages),
        **{kind: _hours(policy.targets.of(kind)) for kind in CLOCKS},
        **{f"pause_{state}": "on" for state in policy.pauses},
    }


def _form(
    fields: Fields, words: Translator, known: list[tuple[str, str]], known_as: str, because: str
) -> views.SettingsForm:

    def text(name: str, label: str, hint: str) -> FormField:
        return FormField(name, label, fields.get(name, ""), hint=hint)

    urgent = (
        ("", words.gettext("urgent or not")),
        ("yes", words.gettext("urgent")),
        ("no", words.gettext("not urgent")),
    )
    whom = (
        name_field(fields, words),
        code_field(fields, words),
        text("sources", words.gettext("Sources"), words.gettext("Codes with commas between; empty: all.")),
        text("tiers", words.gettext("Tiers"), words.gettext("Codes with commas between; empty: all.")),
        text(
            "languages",
            words.gettext("Languages"),
            words.gettext("For example %(example)s; empty: all.", example="en, zh-Hant"),
        ),
        FormField("urgent", words.gettext("Urgency"), fields.get("urgent", ""), "select", options=urgent),
    )
    targets = tuple(
        FormField(
            kind,
            words.gettext("%(clock)s, hours", clock=word(words, "clock", kind)),
            fields.get(kind, ""),
            hint=words.gettext(
                "Working hours, such as %(example)s; empty: no such clock.", example="2.5 / 0:20"
            ),
        )
        for kind in CLOCKS
    )
    pauses = tuple(
        FormField(
            f"pause_{state}",
            word(words, "case_state", _STATES.get(state, state)),
            fields.get(f"pause_{state}", ""),
            "check",
        )
        for state in MAY_PAUSE
    )
    by = FormField(
        "calendar",
        words.gettext("Calendar"),
        fields.get("calendar", ""),
        "select",
        options=(("", words.gettext("every hour counts")), *known),
    )
    return views.SettingsForm(
        PATH,
        words.gettext("Change the policy") if known_as else words.gettext("New policy"),
        words.gettext("Save"),
        str(new_id()),
        (
            FormGroup(words.gettext("For which cases"), whom),
            FormGroup(words.gettext("Targets"), (*targets, by)),
            FormGroup(words.gettext("Clocks stand still while the case is"), pauses),
            FormGroup(words.gettext("Before it is resolved"), (_call(fields, words),)),
        ),
        because,
        PATH if known_as else "",
        known_as,
    )


def _call(fields: Fields, words: Translator) -> FormField:
    label = words.gettext("The customer is called, by telephone")
    return FormField("call", label, fields.get("call", ""), "check")


_STATES = {"waiting_for_customer": "waiting"}


handlers = [move, *section("targets", _view, _put, _remove)]
