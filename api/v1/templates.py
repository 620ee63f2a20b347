"""Templates of answers, kept by a content system."""

from typing import Annotated

import msgspec
from litestar import Response, Router, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS, problems
from core import clock, db
from core.i18n import Locale
from reviews.cases.codes import NAME_LIMIT_CHARS
from reviews.cases.templates import rules, service
from reviews.cases.templates.rules import Channel, Template

READS, WRITES = requires_scope("knowledge:read"), requires_scope("knowledge:write")


class TemplateTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`channel`: public replies, private messages, or any. `texts` by language; {customer}, {order} (in
    private alone), {product}, {shop} and {agent} are filled in; {customer|there} says what stands there where
    it is not known."""

    name: Annotated[str, Meta(min_length=1, max_length=NAME_LIMIT_CHARS)]
    channel: Channel
    texts: dict[Locale, Annotated[str, Meta(min_length=1, max_length=rules.TEXT_LIMIT_CHARS)]]


class Templates(msgspec.Struct, frozen=True):
    """By name."""

    templates: list[Template]


@get("/", guards=[READS], responses=problems(401, 403))
async def list_templates(user: NamedDependency[Integrator]) -> Templates:
    """All of them."""
    async with db.transaction(user.merchant_id):
        return Templates(await service.every())


@put("/{code:str}", guards=[WRITES], status_code=200, responses=WRITE_PROBLEMS)
async def put_template(
    code: FromPath[str], data: JSONBody[TemplateTexts], once: NamedDependency[Once[Template]]
) -> Response[Template]:
    """Make one, or change it."""

    async def effect() -> Template:
        wanted = Template(code=code, name=data.name, channel=data.channel, texts=dict(data.texts))
        await service.put(wanted, None, clock.now())
        return await service.find(code)

    return await once(effect)


@delete("/{code:str}", guards=[WRITES], status_code=200, responses=WRITE_PROBLEMS)
async def delete_template(code: FromPath[str], once: NamedDependency[Once[Template]]) -> Response[Template]:
    """Remove one; what was sent with it stays."""

    async def effect() -> Template:
        gone = await service.find(code)
        await service.remove(code, None)
        return gone

    return await once(effect)


v1_templates = Router(
    "/reply-templates",
    route_handlers=[list_templates, put_template, delete_template],
    tags=["Knowledge base"],
)
