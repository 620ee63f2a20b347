"""JSON that programs send, read as the type that its handler takes. The framework alone takes "5" for 5."""

from functools import cache
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import SerializationException, ValidationException


class JsonRequest(Request[Any, Any, Any]):
    """A request of /v1: a number in quotes is no number, 1 is no boolean, 1.0 is no count, 0 is no time."""

    async def json(self) -> Any:
        """The body. Raises ValidationException for its first fault, SerializationException: it is no JSON."""
        taken, body = self.route_handler.parsed_data_field, await self.body()
        try:
            return _read(body, taken.annotation if taken else Any)
        except msgspec.DecodeError as error:
            raise SerializationException(str(error)) from error


def _read(body: bytes, kind: Any) -> Any:
    try:
        return _decoder(kind).decode(body)
    except msgspec.ValidationError as error:
        msgspec.json.decode(body)  # what is no JSON at all has no other fault
        message, _, path = str(error).partition(" - at `$")
        fault = {"key": path.rstrip("`").lstrip("."), "message": message}
        raise ValidationException(extra=[fault]) from None


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)
