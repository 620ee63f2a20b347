"""Examples out of schemas: short, valid, and with names as a shop would have them."""

import re
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

BY_NAME: Mapping[str, Any] = {
    "customer_id": "ada",
    "external_id": "r-1001",
    "order_id": "1001",
    "email": "ada@example.com",
    "name": "Ada",
    "note": "Thank you for your answers",
    "currency": "EUR",
    "amount_minor": 1999,
    "points": 120,
    "wallet": "points",
    "tier": "gold",
    "product": "teapot",
    "product_sku": "teapot",
    "source": "shop",
    "language": "en",
    "lang": "en",
    "locale": "en",
    "time_zone": "Europe/Berlin",
    "landing_url": "https://shop.example/welcome",
    "url": "https://shop.example/hooks",
    "product_url": "https://shop.example/p/{sku}",
    "q": "broken lid",
    "month": "2027-03",
    "reward": "coffee",
}
"""What a property of this name is like, where its schema allows it."""
BY_FORMAT: Mapping[str, Any] = {
    "date-time": "2027-03-01T09:30:00Z",
    "date": "2027-03-01",
    "time": "09:30:00",
    "uuid": "01990a3c-0000-7000-8000-000000000001",
    "email": "ada@example.com",
    "uri": "https://shop.example/",
    "decimal": "4.5",
}
DEPTH_LIMIT = 30
BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "pattern")


TEXTS = ("gold", "EUR", "2027-03", "line-1", "ada@example.com", "4.5", "order.paid", "custom.quiz", "01")
"""For patterns: the first that fits."""


class NoExample(LookupError):
    """No text of TEXTS fits a pattern: add one there."""


def example(schema: Schema, parts: Mapping[str, Schema], name: str = "", depth: int = 0) -> Any:
    """A value that the schema allows; `parts` are the document's schemas."""
    if depth > DEPTH_LIMIT:
        return None
    if "$ref" in schema:
        return example(parts[schema["$ref"].rpartition("/")[2]], parts, name, depth + 1)
    for given in ("const", "default"):
        if schema.get(given) is not None:
            return schema[given]
    if schema.get("examples"):
        return schema["examples"][0]
    if "enum" in schema:
        return next(each for each in schema["enum"] if each is not None)
    if choices := schema.get("anyOf"):
        return example({**_best(choices), **_bounds(schema)}, parts, name, depth + 1)
    return _of_type(schema, parts, name, depth)


def _best(choices: list[Schema]) -> Schema:
    return next((each for each in choices if each.get("type") != "null"), choices[0])


def _bounds(schema: Schema) -> Schema:
    """What stands beside the choices holds for each of them."""
    return {key: schema[key] for key in BOUNDS if key in schema}


def _of_type(schema: Schema, parts: Mapping[str, Schema], name: str, depth: int) -> Any:
    kinds = schema.get("type", "object" if "properties" in schema else "")
    kind = next((each for each in kinds if each != "null"), "null") if isinstance(kinds, list) else kinds
    match kind:
        case "object":
            return _object(schema, parts, depth)
        case "array":
            return _array(schema, parts, name, depth)
        case "string":
            return _text(schema, name)
        case "integer" | "number":
            return _number(schema, name)
        case "boolean":
            return True
    return {} if kind == "" else None


def _object(schema: Schema, parts: Mapping[str, Schema], depth: int) -> Any:
    found = {
        each: example(part, parts, each, depth + 1) for each, part in schema.get("properties", {}).items()
    }
    more = schema.get("additionalProperties")
    if not found and isinstance(more, Mapping) and more:
        keys = more.get("propertyNames", schema.get("propertyNames", {}))
        return {example(keys, parts) if keys else "en": example(more, parts, "", depth + 1)}
    return found


def _array(schema: Schema, parts: Mapping[str, Schema], name: str, depth: int) -> Any:
    if prefix := schema.get("prefixItems"):
        return [example(each, parts, name, depth + 1) for each in prefix]
    one = example(schema.get("items", {}), parts, name.removesuffix("s"), depth + 1)
    return [one] * max(1, schema.get("minItems", 1))


def _number(schema: Schema, name: str) -> Any:
    low = schema.get(
        "minimum", schema.get("exclusiveMinimum", 0) + (1 if "exclusiveMinimum" in schema else 0)
    )
    high = schema.get("maximum", schema.get("exclusiveMaximum", 10**9))
    wanted = BY_NAME.get(name, 1)
    fits = isinstance(wanted, int) and low <= wanted <= high
    found = wanted if fits else low
    return int(found) if schema.get("type") == "integer" or float(found).is_integer() else found


def _text(schema: Schema, name: str) -> str:
    if form := schema.get("format"):
        return str(BY_FORMAT.get(form, "text"))
    if pattern := schema.get("pattern"):
        wanted = BY_NAME.get(name)
        return str(wanted) if _fits(pattern, wanted) else _of_pattern(pattern)
    found = str(BY_NAME.get(name, "text"))
    found = found[: schema.get("maxLength", 10**6)]
    return found.ljust(schema.get("minLength", 0), "x")


def _fits(pattern: str, text: object) -> bool:
    return isinstance(text, str) and bool(re.search(pattern, text))


def _of_pattern(pattern: str) -> str:
    found = next((each for each in TEXTS if _fits(pattern, each)), None)
    if found is None:
        raise NoExample(pattern)
    return found
