"""A body that a door can read, made from the type of what it takes."""

from typing import Any

import msgspec

from tests.access.doors import Door

FIELDS = {
    "active": "on",
    "cause": "goodwill",
    "count": "1",
    "points": "5",
    "role": "agent",
    "until": "2027-01-01",
    "version": "1",
}
"""Texts of forms that mean a number, a date or a choice."""
MORE = {"POST /v1/rewards/{code:str}/versions": {"cost_points": 1}}
"""What a door asks for although its type does not."""
TEXTS = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "uuid": "00000000-0000-7000-8000-000000000000",
}


def body(door: Door) -> Any:
    """The smallest value that the door's `data` allows; None if it takes none."""
    taken = door.handler.parsed_fn_signature.parameters.get("data")
    if taken is None:
        return None
    [schema], parts = msgspec.json.schema_components((taken.annotation,), ref_template="{name}")
    found = _example(schema, parts)
    return found | MORE[str(door)] if str(door) in MORE else found


def _field(name: str, schema: dict[str, Any], parts: dict[str, Any]) -> Any:
    if schema.get("type") == "string" and "format" not in schema:
        return FIELDS.get(name, _example(schema, parts))
    if name == "name" and schema.get("type") == "object":
        return {"en": "x"}
    return _example(schema, parts)


def _example(schema: dict[str, Any], parts: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _example(parts[schema["$ref"]], parts)
    for name in ("const", "default"):
        if name in schema:
            return schema[name]
    if "enum" in schema:
        return schema["enum"][0]
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return _example(choices[0], parts)
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {})
            return {name: _field(name, fields[name], parts) for name in schema.get("required", [])}
        case "array":
            return [_example(schema["items"], parts)] * max(1, schema.get("minItems", 1))
        case "string":
            return TEXTS.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
    return None
