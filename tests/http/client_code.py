"""The client's operations and types, out of the OpenAPI document: ``python -m tests.http.client_code``."""

import keyword
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from litestar.serialization import encode_json, get_serializer

from api.app import App
from api.document.completing import complete

FOLDER = Path(__file__).parents[2] / "api" / "client"
NOTE = "Made by `python -m tests.http.client_code`; a test compares."
LEFT_OUT: Mapping[str, str] = {}
"""Operations for keys that the client does not have, and why."""

Schema = Mapping[str, Any]
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def document(app: App) -> dict[str, Any]:
    """The whole document of an application."""
    plain = msgspec.json.decode(encode_json(app.openapi_schema.to_schema(), get_serializer({})))
    return complete(plain, app)


def files(described: Mapping[str, Any]) -> dict[str, str]:
    """The text of each file that is made."""
    schemas, operations = described["components"]["schemas"], list(_operations(described))
    named = {name for _, names in operations for name in names}
    imported = ", ".join(sorted(_name(name) for name in named))
    code = [
        *_head("What can be asked.", "from typing import Any, Literal"),
        "from api.client.calls import Call, call",
        f"from api.client.types import {imported}",
        *(each for each, _ in operations),
    ]
    types = [
        *_head("What goes in and comes out.", "from typing import Any, Literal, NotRequired, TypedDict"),
        *(_struct(name, schemas[name]) for name in sorted(_reached(named, schemas))),
    ]
    return {"operations.py": _formatted(code), "types.py": _formatted(types)}


def _head(says: str, imports: str) -> tuple[str, ...]:
    return f'"""{says} {NOTE}"""', "# ruff: noqa: E501", imports


def _formatted(lines: Sequence[str]) -> str:
    text = "\n".join(lines)
    for command in (("check", "--fix", "--quiet"), ("format", "--quiet")):
        tool = [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(FOLDER / "made.py"), "-"]
        text = subprocess.run(tool, input=text, capture_output=True, text=True, check=True).stdout
    return text


def _operations(described: Mapping[str, Any]) -> Iterator[tuple[str, set[str]]]:
    for path, methods in sorted(described["paths"].items()):
        if not path.startswith("/v1/"):
            continue
        for method, body in methods.items():
            if body["operationId"] not in LEFT_OUT:
                yield _function(method.upper(), path, body)


def _function(method: str, path: str, body: Mapping[str, Any]) -> tuple[str, set[str]]:
    parameters = {each["name"]: each for each in body.get("parameters", ()) if each["in"] != "header"}
    parts = re.findall(r"{(\w+)}", path)
    queries = {name: each for name, each in parameters.items() if each["in"] == "query"}
    keyed = any(each["name"].lower() == "idempotency-key" for each in body.get("parameters", ()))
    taken = next(iter(body.get("requestBody", {}).get("content", {}).items()), None)
    answers = next(each for status, each in body["responses"].items() if status < "300")
    media_type, answer = next(iter(answers["content"].items()))
    returns = _type(answer["schema"]) if _is_json(media_type) else "str"
    schemas = [answer["schema"]] if _is_json(media_type) else []
    arguments = [f"{part}: str" for part in parts]
    if taken:
        arguments.append(f"body: {_type(taken[1]['schema']) if _is_json(taken[0]) else 'str | bytes'}")
        schemas += [taken[1]["schema"]] if _is_json(taken[0]) else []
    named = [
        f"{_python(name)}: {_type(each['schema'])}" + ("" if each.get("required") else " | None = None")
        for name, each in sorted(queries.items(), key=lambda pair: not pair[1].get("required"))
    ]
    named = [each.replace(" | None | None", " | None") for each in named]
    named += ["key: str | None = None"] if keyed else []
    says = [f"{method!r}", repr(re.sub(r"{\w+}", "{}", path))]
    says += [f"({', '.join(parts)},)"] if parts else []
    says += ["query={" + ", ".join(f"{name!r}: {_python(name)}" for name in queries) + "}"] if queries else []
    says += ["body=body"] if taken else []
    says += [f"media_type={taken[0]!r}"] if taken and not _is_json(taken[0]) else []
    says += ["key=key" if keyed else 'key=""']
    says += [f"cursor={body['x-pagination']['parameter']!r}"] if "x-pagination" in body else []
    signature = ", ".join([*arguments, *(["*", *named] if named else [])])
    lines = [
        f"def {body['operationId']}({signature}) -> Call[{returns}]:",
        f'    """{body["summary"]}."""',
        f"    return call({', '.join(says)})",
        "",
    ]
    return "\n".join(lines), {name for schema in schemas for name in _refs(schema)}


def _is_json(media_type: str) -> bool:
    return media_type == "application/json"


def _struct(name: str, schema: Schema) -> str:
    if "properties" not in schema:
        return f"{_name(name)} = {_type(schema)}\n"
    required = set(schema.get("required", ()))
    fields = {
        field: _type(each) if field in required else f"NotRequired[{_type(each)}]"
        for field, each in schema["properties"].items()
    }
    if any(keyword.iskeyword(field) or not field.isidentifier() for field in fields):
        pairs = ", ".join(f"{field!r}: {_quoted(kind)}" for field, kind in fields.items())
        return f"{_name(name)} = TypedDict({_name(name)!r}, {{{pairs}}})\n"
    lines = [f"    {field}: {_quoted(kind)}" for field, kind in fields.items()]
    return "\n".join([f"class {_name(name)}(TypedDict):", *(lines or ["    pass"]), ""])


def _quoted(kind: str) -> str:
    """Types name each other in any order."""
    return f"NotRequired[{kind[12:-1]!r}]" if kind.startswith("NotRequired[") else repr(kind)


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return _name(schema["$ref"].rpartition("/")[2])
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    if choices := schema.get("anyOf"):
        return " | ".join(dict.fromkeys(_type(each) for each in choices))
    kinds = schema.get("type", "")
    if isinstance(kinds, list):
        return " | ".join(_type({**schema, "type": kind}) for kind in kinds)
    if kinds == "array":
        return f"list[{_type(schema.get('items', {}))}]"
    if kinds == "object":
        more = schema.get("additionalProperties")
        return f"dict[str, {_type(more)}]" if isinstance(more, Mapping) and more else "dict[str, Any]"
    return _PLAIN.get(kinds, "Any")


def _refs(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        if isinstance(ref := schema.get("$ref"), str):
            yield ref.rpartition("/")[2]
        for each in schema.values():
            yield from _refs(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _refs(each)


def _reached(names: set[str], schemas: Mapping[str, Schema]) -> set[str]:
    """These schemas and all that they are made of."""
    found: set[str] = set()
    while names:
        found |= names
        names = {each for name in names for each in _refs(schemas[name])} - found
    return found


def _name(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))


def _python(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


if __name__ == "__main__":
    from admin.serve import create

    for file, text in files(document(create())).items():
        (FOLDER / file).write_text(text, "utf-8")
