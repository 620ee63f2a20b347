"""The header Idempotency-Key."""

import re

from litestar.handlers import BaseRouteHandler

from api.problems import RequestRefused
from api.requests import Connection, header, method

HEADER = "Idempotency-Key"
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
KEYS_IN_LINES = "keys_in_lines"
"""Option of a route whose body names a key in each of its lines; the header is then not needed."""
SANE_KEY = r"[\x21-\x7e]{1,255}"

_NAME = HEADER.lower().encode()
_SANE = re.compile(SANE_KEY)


def given_key(connection: Connection) -> str:
    """The key of a request. Raises RequestRefused without one, or for one that is malformed."""
    key = header(connection.scope, _NAME)
    if key is None:
        raise RequestRefused("idempotency_key_missing", "The header Idempotency-Key is missing")
    if not _SANE.fullmatch(key):
        raise RequestRefused(
            "idempotency_key_invalid", "The idempotency key is malformed", "1 to 255 visible ASCII characters"
        )
    return key


def expect_key(connection: Connection, handler: BaseRouteHandler) -> None:
    """A write without a key is refused, before its body is read. Raises RequestRefused."""
    if method(connection) in WRITES and KEYS_IN_LINES not in handler.opt:
        given_key(connection)
