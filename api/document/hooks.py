"""The document's webhooks: one a type of the catalogue."""

from typing import Any

import msgspec

from core.webhooks import catalogue, sending
from core.webhooks.model import EventType

REF = "#/components/schemas/{name}"
HEADERS = {
    "webhook-id": "Of the event: the same on every attempt.",
    "webhook-timestamp": "Of this attempt, in seconds since 1970.",
    "webhook-signature": "`v1,` and base64 of HMAC-SHA256 over id.timestamp.body; two, with a space between,"
    " while a secret is replaced.",
}


def webhooks(parts: dict[str, Any]) -> dict[str, Any]:
    """By type; the schemas of their data are added to `parts`."""
    types = catalogue.all_types().values()
    schemas, found = msgspec.json.schema_components([each.data for each in types], ref_template=REF)
    for name, schema in found.items():
        parts.setdefault(name, schema)
    return {each.code: {"post": _post(each, data)} for each, data in zip(types, schemas, strict=True)}


def _post(type_: EventType, data: dict[str, Any]) -> dict[str, Any]:
    body = {
        "type": "object",
        "required": ["type", "version", "timestamp", "data"],
        "properties": {
            "type": {"const": type_.code},
            "version": {"const": type_.version},
            "timestamp": {"type": "string", "format": "date-time", "description": "When it happened."},
            "data": data,
        },
    }
    shown = msgspec.json.decode(catalogue.envelope(type_, type_.example, catalogue.EXAMPLE_AT))
    return {
        "operationId": f"webhook_{type_.code.replace('.', '_')}",
        "summary": type_.says.rstrip("."),
        "description": f"{type_.says} Answer 2xx within {sending.TIMEOUT_S:.0f} seconds. No order is"
        " promised, and one can come twice: its id tells.",
        "tags": ["Webhooks out"],
        "security": [],
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": says,
                "schema": {"type": "string"},
            }
            for name, says in HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": body, "example": shown}},
        },
        "responses": {
            "2XX": {"description": "Taken."},
            "410": {"description": "Send nothing here any more."},
            "default": {"description": "Not taken: it comes again."},
        },
    }
