"""The demo shop's templates: read from the shipped file, and kept."""

import tomllib
from datetime import datetime

import msgspec

from admin.demo.files import data_folder
from reviews.cases.templates import service
from reviews.cases.templates.rules import Template

TEMPLATES_FILE = "templates.toml"


def read_templates() -> list[Template]:
    """In the order of the file."""
    file = tomllib.loads(data_folder().joinpath(TEMPLATES_FILE).read_text(encoding="utf-8"))
    return msgspec.convert(file["template"], list[Template])


async def keep(now: datetime) -> None:
    """Keep all of them, in the open transaction."""
    for each in read_templates():
        await service.put(each, None, now)
