"""Keep templates, and fill them in for a case; in the open transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from core import db, tenancy
from core.errors import NotFound
from core.i18n import Locale, negotiate
from reviews.cases.people import person
from reviews.cases.templates import queries, rules
from reviews.cases.templates.rules import Template, TemplateUnfit, Variable

LIMIT = 200


@dataclass(frozen=True)
class Known:
    """What of a case can be filled in, and the language to write in."""

    language: Locale
    in_private: dict[Variable, str]
    in_public: dict[Variable, str]
    """The order is not there, and the customer is called as their review calls them."""

    def of(self, channel: Literal["public", "private"]) -> dict[Variable, str]:
        """What can be said there."""
        return self.in_public if channel == "public" else self.in_private


async def every() -> list[Template]:
    """By name."""
    return [
        Template(
            code=row["code"],
            name=row["name"],
            channel=row["channel"],
            texts=db.from_json_as(row["texts"], dict[Locale, str]),
        )
        for row in await db.fetch(queries.EVERY)
    ]


async def find(code: str) -> Template:
    """Raises NotFound."""
    for each in await every():
        if each.code == code:
            return each
    raise NotFound(f"no template {code}")


async def put(template: Template, by: UUID | None, now: datetime) -> None:
    """Make one, or change it; `by` None: the API. Raises TemplateUnfit or core.errors.Forbidden."""
    if by is not None:
        await person(by, "settings")
    kept = rules.checked(template)
    others = {each.code for each in await every()}
    if len(others) >= LIMIT and kept.code not in others:
        raise TemplateUnfit(f"at most {LIMIT} templates")
    await db.execute(queries.PUT, kept.code, kept.name, kept.channel, db.to_json(kept.texts), by, now)


async def remove(code: str, by: UUID | None) -> None:
    """Raises NotFound or core.errors.Forbidden."""
    if by is not None:
        await person(by, "settings")
    if await db.fetchval(queries.REMOVE, code) is None:
        raise NotFound(f"no template {code}")


async def known(case_id: UUID, agent: UUID) -> Known:
    """What can be filled in for this case by this person. Raises NotFound."""
    row = await db.fetchrow(queries.KNOWN, case_id, agent)
    if row is None:
        raise NotFound(f"no case {case_id}")
    language = negotiate(row["written_in"] or row["locale"], None)
    shop = (await tenancy.shop()).name(language)
    common: dict[Variable, str] = {"product": row["product"], "shop": shop, "agent": row["agent"]}
    return Known(
        language,
        {**common, "customer": row["name"] or row["author"], "order": row["order_id"]},
        {**common, "customer": row["author"]},
    )
