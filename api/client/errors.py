"""What can go wrong: programs decide by `code`, or by the class."""

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """The API refused; `problem` is the whole document (RFC 9457)."""

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after_s: float | None = None) -> None:
        self.status = status
        self.problem = problem
        self.code = str(problem.get("code", ""))
        self.detail = str(problem.get("detail", ""))
        self.request_id = str(problem.get("request_id", ""))
        self.retry_after_s = retry_after_s
        super().__init__(f"{status} {self.code}: {self.detail}")


class Invalid(ApiError):
    """400, 413, 415, 422: it can never succeed as it is."""


class Unauthenticated(ApiError):
    """401: the key is not valid."""


class Forbidden(ApiError):
    """403: the key lacks a scope, or this is not allowed."""


class NotFound(ApiError):
    """404: there is no such thing."""


class Conflict(ApiError):
    """409: something stands against it."""


class Limited(ApiError):
    """429: too often; `retry_after_s` says how long to wait."""


class Unavailable(ApiError):
    """5xx: the same request may succeed later."""


class NoAnswer(Exception):
    """No answer came, however often it was sent. Whether it was done is open: send the same call again."""


_CLASSES: Mapping[int, type[ApiError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: Limited,
}


def error_of(status: int, problem: Mapping[str, Any], retry_after_s: float | None) -> ApiError:
    """The error that an answer stands for."""
    kind = _CLASSES.get(status, Unavailable if status >= 500 else Invalid)
    return kind(status, problem, retry_after_s)
