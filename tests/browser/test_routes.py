"""No page is forgotten: each address that answers HTML is looked at in a browser, or excused here."""

import re

import pytest

from admin import serve
from core import logs
from core.settings import settings
from tests.access.doors import Door, doors
from tests.browser.test_pages import PAGES

NO_PAGES = ("/v1", "/public", "/static", "/health", "/openapi", "/media", "/webhooks")
"""Of programs, and files."""
FILES = (".csv", ".json")
EXCUSED = {
    "/": "leads on",
    "/staff": "leads on",
    "/portal/cases/{case_id:uuid}/thread": "a part of my-case",
    "/handoff": "leads on",
    "/portal/profile/exports/{export_id:uuid}": "a file",
    "/reviews/write": "the form of review-new",
    "/staff/inbox/cases/{case_id:uuid}/news": "a part of case",
    "/staff/inbox/live": "a stream",
    "/staff/inbox/scoring": "a part of inbox",
    "/staff/studio/imports/{import_id:uuid}/progress": "a part of import",
    "/staff/people/{person_id:uuid}/exports/{export_id:uuid}": "a file",
    "/staff/sign-in/code": "asked in the middle of a sign-in",
    "/staff/sign-in/company": "leads on",
    "/staff/sign-in/company/back": "leads on",
    "/staff/studio/openings/{opening_id:uuid}/file": "a file",
    "/staff/studio/pools": "leads on",
    "/staff/studio/rules/{code:str}/figures": "a part of rule",
    "/staff/studio/segments/look": "a part of segments",
    "/staff/studio/simulator/{run_id:uuid}/progress": "a part of the simulator",
    "/staff/studio/tiers/members": "leads on",
    "/staff/welcome": "a link out of a mail, once",
}
PLACES = {"{survey}": "/surveys/answer?token=x"}
"""Whole addresses that are known only when there is a shop."""


@pytest.fixture
def every_door(monkeypatch: pytest.MonkeyPatch) -> list[Door]:
    """Those of the demo, for people and for programs."""
    demo = settings().model_copy(update={"demo": True})
    monkeypatch.setattr(serve, "settings", lambda: demo)
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    return doors(serve.create())


@pytest.fixture
def routes(every_door: list[Door]) -> set[str]:
    """Every address of the demo that is asked for by GET and is for people."""
    found = {door.path for door in every_door if door.method == "GET"}
    return {path for path in found if not path.startswith(NO_PAGES) and not path.endswith(FILES)}


def looked_at(route: str) -> bool:
    """Whether some page of PAGES has this address."""
    pattern = re.compile(re.sub(r"\{[^}]+\}", "[^/]+", route) + "/?")
    for _, _, path, status in PAGES:
        for whole, stands_for in PLACES.items():
            path = path.replace(whole, stands_for)
        if status < 400 and pattern.fullmatch(path.partition("?")[0]):
            return True
    return False


def test_every_page_is_looked_at_or_excused(routes: set[str]) -> None:
    assert {path for path in routes if not looked_at(path)} == set(EXCUSED)
