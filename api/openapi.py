"""The description of the API for programs, served at /openapi.json from this process alone."""

import msgspec
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag


class ProblemDocument(msgspec.Struct, kw_only=True):
    """What every error looks like (RFC 9457); members of one code alone may stand beside."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    """Stable: programs decide by it."""
    request_id: str


_ERRORS = {
    400: "No JSON, or no idempotency key",
    401: "No API key, no valid one, or no valid signature",
    403: "The API key lacks the scope",
    409: "Something stands against it; or a request with the same idempotency key is still running",
    413: "The body is too large",
    422: "Well-formed, but not right; or the idempotency key belongs to another request",
    429: "Too many attempts: wait for Retry-After",
    503: "The database is away: try again",
}


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """The errors of one operation, for its `responses`."""
    return {
        status: ResponseSpec(
            ProblemDocument,
            generate_examples=False,
            description=_ERRORS[status],
            media_type="application/problem+json",
        )
        for status in statuses
    }


WRITE_PROBLEMS = problems(*(status for status in _ERRORS if status != 429))
"""What every write under /v1 can answer."""


def openapi_config() -> OpenAPIConfig:
    """OpenAPI 3.1; no documentation page, since the usual ones load from other hosts."""
    return OpenAPIConfig(
        title="Regulars",
        version="1",
        description="Every error is a problem document (RFC 9457) with a stable `code` and the `request_id`."
        " Every write needs the header Idempotency-Key: the same key and body give the first answer again.",
        components=Components(
            security_schemes={
                "api_key": SecurityScheme(
                    type="http", scheme="bearer", description="An API key: rk_<prefix>_<secret>"
                )
            }
        ),
        tags=[
            Tag("Events", "What happens in the shop, in"),
            Tag("Members", "Join, points, tier, and the reason of every entry"),
            Tag("Wallets", "Kinds of points: when they settle, when they expire, what happens to debt"),
            Tag("Tiers", "Tier sets, where members stand in them, benefits, and tiers given by hand"),
            Tag("Achievements", "Challenges and streaks, and how far members are"),
            Tag("Referrals", "Members who bring friends"),
            Tag("Rewards", "What points buy, and its vouchers"),
            Tag("Reviews", "In from any source, and out with what the model read"),
            Tag("Cases", "How unhappy customers are answered: calendars, targets, teams, remedies"),
            Tag("Personal data", "What is kept of a person: a file of it, and its end"),
            Tag("Audit", "Who changed what, from what to what"),
            Tag("Webhooks", "The same, signed by the shop's system"),
        ],
        use_handler_docstrings=True,
        path="/openapi.json",
        render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"])],
    )
