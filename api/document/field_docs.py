"""The docstrings below the fields of our structs, as descriptions in the OpenAPI document."""

import ast
import inspect
import textwrap
from functools import cache
from itertools import pairwise

import msgspec
from litestar._openapi.schema_generation import SchemaCreator
from litestar._openapi.schema_generation.plugins.struct import StructSchemaPlugin
from litestar.openapi.spec import Schema
from litestar.typing import FieldDefinition


class FieldDocs(StructSchemaPlugin):
    """Litestar's own plugin for structs knows no docstrings of fields; stands before it."""

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: SchemaCreator) -> Schema:
        """The schema of a struct, each property with what is written below it."""
        schema = super().to_openapi_schema(field_definition, schema_creator)
        names = {field.name: field.encode_name for field in msgspec.structs.fields(field_definition.type_)}
        for name, words in docs_of(field_definition.type_).items():
            described = (schema.properties or {}).get(names.get(name, ""))
            if described is not None and not described.description:
                described.description = words
        return schema


@cache
def docs_of(struct: type) -> dict[str, str]:
    """What stands below each field of a class and of those it comes from."""
    found: dict[str, str] = {}
    for each in reversed(struct.__mro__):
        if each.__module__.split(".")[0] in ("builtins", "msgspec"):
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(each))).body[0]
        assert isinstance(body, ast.ClassDef)
        for field, below in pairwise(body.body):
            match field, below:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(words))),
                ):
                    found[name] = inspect.cleandoc(words)
    return found
