"""What operations say of their errors; api.document makes the whole description of it."""

import msgspec
from litestar.openapi.datastructures import ResponseSpec


class ProblemDocument(msgspec.Struct, kw_only=True):
    """What every error looks like (RFC 9457); members of one code alone may stand beside."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    """Stable: programs decide by it."""
    request_id: str


TAKES = "takes"
"""Option of a route that reads its body itself: examples by media type."""
GIVES = "gives"
"""Option of a route whose answer is lines or a file: an example by media type."""

ERRORS = {
    400: "No JSON, or no idempotency key",
    401: "No API key, no valid one, or no valid signature",
    403: "The API key lacks the scope",
    404: "There is no such thing",
    409: "Something stands against it; or a request with the same idempotency key is still running",
    413: "The body is too large",
    422: "Well-formed, but not right; or the idempotency key belongs to another request",
    429: "Too many requests or attempts: wait for Retry-After",
    503: "The database is away: try again",
}


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """The errors of one operation, for its `responses`."""
    return {
        status: ResponseSpec(
            ProblemDocument,
            generate_examples=False,
            description=ERRORS[status],
            media_type="application/problem+json",
        )
        for status in statuses
    }


WRITE_PROBLEMS = problems(*(status for status in ERRORS if status not in (404, 429)))
"""What every write under /v1 can answer."""
