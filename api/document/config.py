"""The description of the API for programs: /openapi.json, made in this process alone."""

from typing import Any

import msgspec
from litestar import Request
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, License, SecurityScheme, Tag

from api import limits
from api.document.completing import complete, operation_id
from core.people.api_keys import SCOPES

DESCRIPTION = f"""
Every error is a problem document (RFC 9457) with a stable `code` and the `request_id`.

Every write needs the header Idempotency-Key: the same key and body give the first answer again, whatever
happened in between. So send again what got no answer.

Lists go on by a key: ask again with the `next_before` or `next_after` of the page as `before` or `after`;
null is the end. Numbers are numbers ("5" and 5.0 are refused where 5 is meant), points are whole, money is in
minor units (`amount_minor`), and times have a zone.

{limits.SAID}
"""


class Document(JsonRenderPlugin):
    """The document with everything in it."""

    def __init__(self) -> None:
        super().__init__(path=["/", "/openapi.json"])
        self._made: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Made once a process."""
        if self._made is None:
            plain = msgspec.json.decode(self.render_json(request, openapi_schema))
            self._made = msgspec.json.encode(complete(plain, request.app))
        return self._made


def openapi_config() -> OpenAPIConfig:
    """OpenAPI 3.1, with the pages of api.document.pages."""
    return OpenAPIConfig(
        title="Regulars",
        version="1",
        description=DESCRIPTION.strip(),
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        operation_id_creator=operation_id,
        components=Components(
            security_schemes={
                "api_key": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="An API key, rk_<prefix>_<secret>. Scopes: " + ", ".join(SCOPES),
                )
            }
        ),
        tags=[
            Tag("Events", "What happens in the shop, in"),
            Tag("Members", "Join, points, tier, and the reason of every entry"),
            Tag("Wallets", "Kinds of points: when they settle, when they expire, what happens to debt"),
            Tag("Earning rules", "What points are given for"),
            Tag("Campaigns", "Rules for a while, with a budget"),
            Tag("Segments", "Who is meant"),
            Tag("Tiers", "Tier sets, where members stand in them, benefits, and tiers given by hand"),
            Tag("Achievements", "Challenges and streaks, and how far members are"),
            Tag("Referrals", "Members who bring friends"),
            Tag("Households", "Members who share points"),
            Tag("Transfers", "Points from member to member"),
            Tag("Liability", "What outstanding points are expected to cost, in months that close"),
            Tag("Public", "Published reviews, for everybody"),
            Tag("Rewards", "What points buy, and its vouchers"),
            Tag("Reviews", "In from any source, and out with what the model read"),
            Tag("Review accounts", "Where reviews are read, and how that is going"),
            Tag("Knowledge base", "Articles and templates, and answers out of them"),
            Tag("Cases", "How unhappy customers are answered: calendars, targets, teams, remedies"),
            Tag("Personal data", "What is kept of a person: a file of it, and its end"),
            Tag("Audit", "Who changed what, from what to what"),
            Tag("Webhooks", "The same, signed by the shop's system"),
            Tag("Webhooks out", "What happens here, told to your systems"),
        ],
        use_handler_docstrings=True,
        path="/openapi.json",
        render_plugins=[Document()],
    )
