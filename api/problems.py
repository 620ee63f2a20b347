"""From an exception to a problem (RFC 9457): our own kinds by one table, the framework's by another."""

from dataclasses import dataclass, field
from typing import Any

import asyncpg
import msgspec
from litestar import Request
from litestar.exceptions import (
    ClientException,
    HTTPException,
    NotFoundException,
    SerializationException,
    ValidationException,
)

from api.requests import header
from core import db
from core.design.pages import STATIC_URL
from core.errors import DomainError, Kind

STATUS: dict[Kind, int] = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.LIMITED: 429,
    Kind.UNAVAILABLE: 503,
}

_BY_STATUS: dict[int, tuple[str, str]] = {
    400: ("bad_request", "The request is malformed"),
    401: ("unauthenticated", "Please say who you are"),
    403: ("forbidden", "Not allowed"),
    404: ("not_found", "There is no such thing"),
    405: ("method_not_allowed", "This cannot be done here"),
    413: ("body_too_large", "The body is too large"),
    415: ("media_type_unsupported", "This kind of body is not understood"),
    429: ("too_many_requests", "Too many requests"),
}


_LONGEST_FILE_BYTES = 255
"""Of a path below /static/; file systems raise at longer ones, and nothing there has a long name."""


class RequestRefused(Exception):
    """A refusal of the API's own, whose status or code no DomainError has."""

    def __init__(self, code: str, title: str, detail: str = "", status: int = 400) -> None:
        super().__init__(detail or title)
        self.code, self.title, self.detail, self.status = code, title, detail or title, status


async def refuse_unreadable(request: Request[Any, Any, Any]) -> None:
    """The application's hook before each handler: what no handler and no file system can read."""
    path = request.scope["path"]
    of_file = path.startswith(f"{STATIC_URL}/")
    if "\0" in path or (of_file and len(path.encode(errors="replace")) > _LONGEST_FILE_BYTES):
        raise NotFoundException()
    if (header(request.scope, b"content-encoding") or "identity").lower() != "identity":
        raise RequestRefused(
            "content_encoding_unsupported", "The body is packed", "Send it without Content-Encoding", 415
        )


@dataclass(frozen=True)
class Problem:
    """What went wrong, for programs and for people."""

    status: int
    code: str
    title: str
    detail: str
    extra: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def body(self, request_id: str) -> dict[str, Any]:
        """The problem document; what is particular to one code stands beside the common members."""
        return {
            **self.extra,
            "type": f"urn:regulars:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "request_id": request_id,
        }


def malformed_json(detail: str) -> Problem:
    """The body is no JSON."""
    return Problem(400, "malformed_json", "The body is not JSON", detail)


def describe(error: Exception) -> Problem:
    """The problem that an exception stands for; one that nobody foresaw tells nothing of itself."""
    if isinstance(error, DomainError):
        return _of_domain(error)
    if isinstance(error, RequestRefused):
        return Problem(error.status, error.code, error.title, error.detail)
    if isinstance(error, HTTPException) and error.status_code < 500:
        return _of_framework(error)
    if isinstance(error, RecursionError):
        return malformed_json("It is nested too deeply")
    if isinstance(error, UnicodeDecodeError):
        return malformed_json("It is not UTF-8")
    if isinstance(error, asyncpg.DataError):
        return Problem(422, "value_invalid", "A value cannot be stored", "A number or text is out of bounds")
    if isinstance(error, db.AWAY):
        return Problem(
            503, "database_unavailable", "The database is away", "Try again", headers={"Retry-After": "2"}
        )
    return Problem(500, "internal_error", "Something went wrong on our side", "It has been written down")


def _of_domain(error: DomainError) -> Problem:
    headers = {}
    if error.kind is Kind.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after_s" in error.extra:
        headers["Retry-After"] = str(error.extra["retry_after_s"])
    return Problem(STATUS[error.kind], error.code, error.title, error.detail, error.extra, headers)


def _of_framework(error: HTTPException) -> Problem:
    if isinstance(error, ValidationException):
        return Problem(
            422, "invalid_request", "The request is not right", "See errors", {"errors": _fields(error)}
        )
    if isinstance(error, ClientException) and isinstance(error.__cause__, SerializationException):
        return malformed_json(str(error.__cause__))
    code, title = _BY_STATUS.get(error.status_code, _BY_STATUS[400])
    return Problem(error.status_code, code, title, error.detail, headers=dict(error.headers or {}))


def _fields(error: ValidationException) -> list[dict[str, str]]:
    """One entry a bad field. A body's first fault hides those after it: the reader stops there."""
    if isinstance(error.__cause__, msgspec.ValidationError):  # of a query or a form
        message, _, path = str(error.__cause__).partition(" - at `$.")
        return [{"field": path.rstrip("`").removeprefix("data").lstrip("."), "message": message}]
    found = error.extra if isinstance(error.extra, list) else []
    if not found:
        return [{"field": "", "message": error.detail}]
    return [{"field": str(each.get("key", "")), "message": str(each["message"])} for each in found]
