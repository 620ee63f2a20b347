"""Teams: for what and for which languages, who is in them and how much each can own."""

from uuid import UUID

from admin.inbox.settings.common import (
    ROOT,
    Fields,
    Setting,
    SettingUnfit,
    Staff,
    items,
    name_field,
    section,
    ticked,
)
from api.pages import locale_of
from core import db
from core.design import case_views as views
from core.design.reward_views import FormField, FormGroup
from core.design.words import word
from core.i18n import Translator, translator
from core.ids import new_id
from reviews.cases import reading as cases
from reviews.cases.routing import service
from reviews.cases.routing.service import TeamOf
from reviews.cases.views import Person
from sentiment.types import ASPECTS

PATH = f"{ROOT}/teams"


async def _put(on: Setting, data: Fields) -> None:
    await service.put(_team(data, on.words), on.by, on.now)


async def _remove(on: Setting, key: str) -> None:
    """Its cases stay with their owners."""
    await service.remove(_id(key, on.words), on.by)


def _team(data: Fields, words: Translator) -> TeamOf:
    people: dict[UUID, int] = {}
    for name, typed in data.items():
        if name.startswith("room_") and typed.strip():
            if not (typed.strip().isascii() and typed.strip().isdigit() and len(typed) < 8):
                raise SettingUnfit(words.gettext("“%(text)s” is no number of cases.", text=typed))
            people[_id(name.removeprefix("room_"), words)] = int(typed)
    lead = data.get("lead", "")
    return TeamOf(
        _id(data.get("team", ""), words),
        data.get("name", ""),
        ticked(data, "aspect_", ASPECTS),
        items(data.get("languages", "")),
        _id(lead, words) if lead else None,
        people,
    )


def _id(text: str, words: Translator) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise SettingUnfit(words.gettext("The form is not complete. Open the page again.")) from error


async def _view(request: Staff, edit: str, typed: Fields | None, because: str) -> views.CaseSettings:
    words, user = translator(locale_of(request)), request.user
    async with db.transaction(user.merchant_id):
        teams = await service.teams()
        people = await cases.people()
    names = {person.id: person.name for person in people}
    chosen = next((each for each in teams if str(each.id) == edit), None)
    fields = typed or (_fields(chosen) if chosen else {"team": str(new_id())})
    may = "inbox.settings" in user.permissions
    return views.CaseSettings(
        section="teams",
        title=words.gettext("Teams"),
        lead=words.gettext(
            "A case goes to the team made for what it is about, there to whoever has most room."
            " Without teams everybody takes turns."
        ),
        tables=(_table(teams, names, words, may),),
        forms=(_form(fields, words, people, edit if chosen else "", because),) if may else (),
    )


def _table(teams: list[TeamOf], names: dict[UUID, str], words: Translator, may: bool) -> views.SettingsTable:
    lines = tuple(
        views.SettingsLine(
            (
                each.name,
                ", ".join(word(words, "aspect", aspect) for aspect in each.aspects)
                or words.gettext("anything"),
                ", ".join(each.languages) or words.gettext("all"),
                names.get(each.lead_id, "–") if each.lead_id else "–",
                ", ".join(f"{names.get(person, '–')} ({room})" for person, room in each.people.items())
                or "–",
            ),
            f"{PATH}?edit={each.id}",
            f"{PATH}/{each.id}/remove",
            str(new_id()) if may else "",
        )
        for each in teams
    )
    heads = (
        *(words.gettext("Team"), words.gettext("About"), words.gettext("Languages")),
        *(words.gettext("Lead"), words.gettext("People and their room")),
    )
    return views.SettingsTable(words.gettext("Teams"), heads, lines, words.gettext("No teams yet."))


def _fields(team: TeamOf) -> Fields:
    return {
        "team": str(team.id),
        "name": team.name,
        "languages": ", ".join(team.languages),
        "lead": str(team.lead_id) if team.lead_id else "",
        **{f"aspect_{aspect}": "on" for aspect in team.aspects},
        **{f"room_{person}": str(room) for person, room in team.people.items()},
    }


def _form(
    fields: Fields, words: Translator, people: list[Person], known_as: str, because: str
) -> views.SettingsForm:
    leads = (("", words.gettext("nobody")), *((str(person.id), person.name) for person in people))
    base = (
        FormField("team", "", fields.get("team", ""), "hidden"),
        name_field(fields, words),
        FormField(
            "languages",
            words.gettext("Languages"),
            fields.get("languages", ""),
            hint=words.gettext("For example %(example)s; empty: all.", example="en, zh-Hant"),
        ),
        FormField(
            "lead",
            words.gettext("Lead"),
            fields.get("lead", ""),
            "select",
            words.gettext("Is told when the owner has missed a target."),
            options=leads,
        ),
    )
    aspects = tuple(
        FormField(f"aspect_{code}", word(words, "aspect", code), fields.get(f"aspect_{code}", ""), "check")
        for code in ASPECTS
    )
    rooms = tuple(
        FormField(
            f"room_{person.id}",
            person.name,
            fields.get(f"room_{person.id}", ""),
            hint=words.gettext("Open cases at once; empty: not in this team."),
            inputmode="numeric",
        )
        for person in people
    )
    return views.SettingsForm(
        PATH,
        words.gettext("Change the team") if known_as else words.gettext("New team"),
        words.gettext("Save"),
        str(new_id()),
        (
            FormGroup(words.gettext("Team"), base),
            FormGroup(words.gettext("For complaints about"), aspects),
            FormGroup(words.gettext("People"), rooms),
        ),
        because,
        PATH if known_as else "",
        known_as,
    )


handlers = [*section("teams", _view, _put, _remove)]
