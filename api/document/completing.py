"""What every operation has: words, scope, errors with examples, headers, pages. In one place, for all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from api.auth import RequiresScope
from api.deprecation import deprecation_of
from api.document.examples import example
from api.document.hooks import webhooks
from api.keys import HEADER, KEYS_IN_LINES, WRITES
from api.openapi import ERRORS, GIVES, TAKES, ProblemDocument
from core.people.api_keys import SCOPES
from core.settings import settings

Document = dict[str, Any]
PROBLEM = "application/problem+json"
CODES: Mapping[int, tuple[str, str]] = {
    400: ("malformed_json", "The body is not JSON"),
    401: ("api_key_invalid", "A valid API key is needed"),
    403: ("scope_missing", "The API key lacks a scope"),
    404: ("not_found", "There is no such thing"),
    409: ("idempotency_key_running", "A request with this key is still running"),
    413: ("body_too_large", "The body is too large"),
    422: ("invalid_request", "The request is not right"),
    429: ("rate_limited", "Too many requests"),
    503: ("database_unavailable", "The database is away"),
}
"""Status, and the code that it is shown with."""
PARAMETERS: Mapping[str, str] = {
    "before": "For the next page: `next_before` of the page before it.",
    "after": "For the next page: `next_after` of the page before it.",
    "limit": "How many, at most.",
    "customer_id": "The shop's own id of the customer.",
    "locale": "In which language sentences are written.",
    "language": "In which language answers are wanted.",
    "wallet": "Code of the wallet.",
    "code": "Its code.",
    HEADER: "Of your choice, new for each request.",
}
"""What a parameter of this name means, where the operation does not say."""
READ_ERRORS, WRITE_ERRORS = (401, 403, 429, 503), (400, 401, 403, 409, 413, 422, 429, 503)


@dataclass(frozen=True)
class Operation:
    """One operation of the document and the handler behind it."""

    method: str
    path: str
    body: Document
    handler: HTTPRouteHandler

    @property
    def for_keys(self) -> bool:
        """Whether an API key opens it."""
        return self.path.startswith("/v1/")

    @property
    def scope(self) -> str:
        """What its guard asks for; empty: nothing."""
        scopes = [guard.scope for guard in self.handler.resolve_guards() if isinstance(guard, RequiresScope)]
        return scopes[0] if scopes else ""


def complete(document: Document, app: Litestar) -> Document:
    """The document, as plain JSON, with everything in it; changes it in place."""
    _mend(document)
    parts = document["components"]["schemas"]
    parts["ProblemDocument"] = PROBLEM_SCHEMA
    for operation in operations(document, app):
        _words(operation)
        _security(operation)
        _parameters(operation)
        _bodies(operation)
        _errors(operation)
        _examples(operation, parts)
        _headers(operation)
        _pages(operation)
    document["servers"] = [{"url": settings().public_url}]
    document["components"]["headers"] = HEADERS
    document["webhooks"] = webhooks(parts)
    return document


def _mend(value: Any) -> None:
    """Schemas mean the same in every language: the end of a text is `$`, and 1 is an integer and a number."""
    if isinstance(value, dict):
        if isinstance(pattern := value.get("pattern"), str):
            value["pattern"] = pattern.replace(r"\Z", "$")
        if "oneOf" in value:
            value["anyOf"] = value.pop("oneOf")
        for each in value.values():
            _mend(each)
    elif isinstance(value, list):
        for each in value:
            _mend(each)


def operations(document: Document, app: Litestar) -> Iterator[Operation]:
    """Every operation with its handler."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or route.path_format not in document["paths"]:
            continue
        for handler in route.route_handlers:
            for method in handler.http_methods:
                if body := document["paths"][route.path_format].get(method.lower()):
                    yield Operation(method, route.path_format, body, handler)


def operation_id(handler: HTTPRouteHandler, *_: object) -> str:
    """Noun and verb, as the code has them: `members_join`. The client is made of them."""
    function = handler.fn
    return f"{function.__module__.rpartition('.')[2]}_{function.__name__}"


def _words(operation: Operation) -> None:
    said = operation.body["description"] = operation.body.get("description") or ""
    operation.body["summary"] = said.partition(". ")[0].partition("; ")[0].replace("\n", " ").rstrip(".")


def _security(operation: Operation) -> None:
    if scope := operation.scope:
        operation.body["security"] = [{"api_key": [scope]}]
        operation.body["description"] += f"\n\nScope: `{scope}` ({SCOPES[scope].lower()})."
    elif not operation.for_keys:
        operation.body["security"] = []


def _parameters(operation: Operation) -> None:
    given = operation.body.setdefault("parameters", [])
    keyed = operation.for_keys and operation.method in WRITES and KEYS_IN_LINES not in operation.handler.opt
    if keyed and not any(each["name"].lower() == HEADER.lower() for each in given):
        # Asked for by the guard: a POST that only reads takes no `once`.
        given.append({"name": HEADER, "in": "header", "required": True, "schema": {"type": "string"}})
    for each in operation.body.get("parameters", ()):
        if not each.get("description"):
            each["description"] = PARAMETERS.get(
                each["name"], each["name"].replace("_", " ").capitalize() + "."
            )


def _bodies(operation: Operation) -> None:
    """Of a route that reads or writes bytes: what they are."""
    option = operation.handler.opt.get
    if shown := option(TAKES):
        operation.body["requestBody"] = {"content": _raw(shown), "required": True}
    if shown := option(GIVES):
        for status, answer in operation.body["responses"].items():
            if int(status) < 300:
                answer["content"] = _raw(shown)


def _raw(shown: Mapping[str, Any]) -> Document:
    return {
        media_type: {"schema": {"type": "string" if isinstance(each, str) else "object"}, "example": each}
        for media_type, each in shown.items()
    }


def _errors(operation: Operation) -> None:
    wanted = set(WRITE_ERRORS if operation.method in WRITES else READ_ERRORS)
    if not operation.for_keys:
        wanted = {int(status) for status in operation.body["responses"] if int(status) >= 400} | {503}
    names = {each["in"] for each in operation.body.get("parameters", ())}
    if "path" in names:
        wanted.add(404)
    if "query" in names:
        wanted.add(422)
    found = operation.body["responses"]
    for status in [status for status in found if int(status) >= 400]:
        del found[status]
    for status in sorted(wanted):
        found[str(status)] = _problem(status)


def _problem(status: int) -> Document:
    code, title = CODES[status]
    shown = {
        "type": f"urn:regulars:problem:{code}",
        "title": title,
        "status": status,
        "detail": title,
        "code": code,
        "request_id": "01990a3c-0000-7000-8000-00000000000f",
    }
    headers = {"Retry-After": _header("Retry-After")} if status in (429, 503) else {}
    return {
        "description": ERRORS[status],
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}, "example": shown}},
        **({"headers": headers} if headers else {}),
    }


def _examples(operation: Operation, parts: Mapping[str, Any]) -> None:
    taken = operation.body.get("requestBody", {}).get("content", {})
    given = [
        content
        for status, response in operation.body["responses"].items()
        if int(status) < 300
        for content in [response.get("content", {})]
    ]
    shown = operation.handler.opt.get("examples", {})
    for side, contents in (("request", [taken]), ("response", given)):
        for content in contents:
            for media_type, each in content.items():
                if "example" not in each and "examples" not in each:
                    each["example"] = shown.get(side) or _shown(media_type, each.get("schema", {}), parts)


def _shown(media_type: str, schema: Mapping[str, Any], parts: Mapping[str, Any]) -> Any:
    """Lines and files are shown as text."""
    if "json" in media_type and "ndjson" not in media_type:
        return example(schema, parts)
    return TEXTS.get(media_type, "text")


def _headers(operation: Operation) -> None:
    for status, response in operation.body["responses"].items():
        if int(status) >= 300:
            continue
        headers = response.setdefault("headers", {})
        headers["X-Request-Id"] = _header("X-Request-Id")
        if operation.for_keys:
            headers["RateLimit"] = _header("RateLimit")
            headers["RateLimit-Policy"] = _header("RateLimit-Policy")
            if operation.method in WRITES and KEYS_IN_LINES not in operation.handler.opt:
                headers["Idempotency-Replayed"] = _header("Idempotency-Replayed")
        if deprecation_of(operation.handler):
            headers["Deprecation"] = _header("Deprecation")
            headers["Sunset"] = _header("Sunset")
    if deprecation := deprecation_of(operation.handler):
        operation.body["deprecated"] = True
        operation.body["description"] += f"\n\n{deprecation.says}"


def _pages(operation: Operation) -> None:
    """How to go on to the next page, for programs: the parameter, and where the answer has it."""
    names = {each["name"] for each in operation.body.get("parameters", ())}
    for cursor in ("before", "after"):
        if {cursor, "limit"} <= names:
            operation.body["x-pagination"] = {"parameter": cursor, "next": f"next_{cursor}"}


def _header(name: str) -> Document:
    return {"$ref": f"#/components/headers/{name}"}


def _described(description: str, shown: str) -> Document:
    return {"description": description, "schema": {"type": "string"}, "example": shown}


HEADERS: Document = {
    "X-Request-Id": _described(
        "Names the request in our log; your own is kept.", "01990a3c-0000-7000-8000-00000000000f"
    ),
    "RateLimit": _described("Requests left, and seconds until there are more.", '"key";r=5990;t=42'),
    "RateLimit-Policy": _described("Requests of one key in so many seconds.", '"key";q=6000;w=60'),
    "Retry-After": _described("Seconds to wait.", "7"),
    "Idempotency-Replayed": _described("`true`: this was answered before, and nothing was done now.", "true"),
    "Deprecation": _described("Since when the operation is deprecated (RFC 9745).", "@1798761600"),
    "Sunset": _described("When it goes (RFC 8594).", "Fri, 01 Jan 2027 00:00:00 GMT"),
}
TEXTS: Mapping[str, str] = {
    "application/x-ndjson": '{"key": "order-7", "customer_id": "ada", "points": 5, "note": "Thanks"}\n',
    "text/csv": "customer_id,points\nada,120\n",
    "text/plain": "COFFEE-7K2M\nCOFFEE-9XQ4\n",
}
PROBLEM_SCHEMA: Document = {
    "type": "object",
    "title": "ProblemDocument",
    "description": "What every error looks like (RFC 9457); members of one code alone may stand beside.",
    "properties": {
        "type": {"type": "string", "description": "`urn:regulars:problem:` and the code."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable: programs decide by it."},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "Of `invalid_request`: which fields, and why.",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                "required": ["field", "message"],
            },
        },
    },
    "required": list(ProblemDocument.__struct_fields__),
}
