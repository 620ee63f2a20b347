"""docs/publishing.md, executed from top to bottom by the rules of the tutorial."""

import re
from pathlib import Path

import httpx
import pytest

from admin.serve import V1
from api import public
from api.app import App, create_app
from api.public.widget import REVIEWS as SCRIPT
from core import clock, tenancy
from core.embedded import Services
from tests.http.conftest import client as client
from tests.http.conftest import new_key
from tests.http.test_tutorial import Reader, _parts

DOCUMENT = Path(__file__).parents[2] / "docs" / "publishing.md"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    """The API and what everybody may fetch."""
    return create_app(public.router, public.pages, v1=V1)


async def test_the_document_does_what_it_says(client: httpx.AsyncClient, tmp_path: Path) -> None:
    reader = Reader(client, tmp_path)
    text = DOCUMENT.read_text("utf-8")
    with clock.set_clock(lambda: reader.now):
        reader.merchant = await tenancy.create_merchant(
            "lantern", {"en": "Lantern"}, "UTC", "USD", reader.now
        )
        key = await new_key(reader.merchant, "reviews:read", "reviews:write")
        reader.known["KEY"] = key["authorization"].removeprefix("Bearer ")
        for line, kind, more, part in _parts(text):
            try:
                await reader.follow(kind, more, part)
            except Exception as error:
                raise AssertionError(f"docs/publishing.md, line {line}: {error}") from error
    assert text.count("```http") == 8


def test_the_script_reads_the_attributes_that_are_documented() -> None:
    named = set(re.findall(r"^\| `data-(\w+)` \|", DOCUMENT.read_text("utf-8"), re.MULTILINE))
    read = re.search(r"const \{ ([^}]*) \} = script\.dataset", SCRIPT.read_text("utf-8"))
    assert read and named == {each.split(" ")[0] for each in read[1].split(", ")}
