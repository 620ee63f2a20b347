"""Whoever is below the first page of a part sees where, and gets up from there by a link."""

import dataclasses
import re
from html.parser import HTMLParser

import pytest

from tests.unit.design.samples import SAMPLES, Sample
from tests.unit.design.test_pages import FRAGMENTS, rendered

TOP = {
    "portal/home.html": "the first page of the portal",
    "portal/join.html": "the first page of somebody who is no member",
    "staff/inbox.html": "the first page of the inbox",
    "staff/moderation.html": "the first page of moderation",
    "staff/studio.html": "the first page of the studio",
    "staff/access_staff.html": "the first page about access",
    "staff/audit.html": "in the menu",
    "staff/backoffice.html": "in the menu",
    "staff/demo.html": "in the menu",
    "staff/parked.html": "in the menu",
    "staff/people.html": "in the menu",
    "staff/webhooks.html": "in the menu",
    "staff/pages.html": "in the menu",
    "staff/account.html": "in the menu, by one's own name",
}
"""Pages that nothing is above."""
ALONE = {
    "portal/erased.html": "there is nothing to go back to",
    "portal/review_link_ended.html": "out of a mail, by somebody who is not signed in",
    "portal/review_thanks.html": "out of a mail, by somebody who is not signed in",
    "portal/survey.html": "out of a mail, by somebody who is not signed in",
    "portal/unsubscribe.html": "out of a mail, by somebody who is not signed in",
    "error.html": "instead of a page; it leads back",
}
OUTSIDE = ("signin/", "public/")
"""Before the faces, and pages that are everybody's."""
SOMETIMES = {
    "review-invited": "out of a mail; who is signed in has a trail",
    "staff-mails": "the first page of messages; a mail has a trail",
    "staff-mails-empty": "the first page of messages; a mail has a trail",
}
"""Samples without a trail of a page that has one otherwise."""


class Trail(HTMLParser):
    """The steps of a page's trail: text, and where each leads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.steps: list[list[str]] = []
        found = re.findall(r'<nav class="breadcrumb".*?</nav>', html, re.S)
        self.count = len(found)
        self.feed("".join(found))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("a", "span"):
            self.steps.append(["", dict(attrs).get("href") or ""])

    def handle_data(self, data: str) -> None:
        if self.steps and data.strip():
            self.steps[-1][0] += data


PAGES = [each for each in SAMPLES if each.template not in FRAGMENTS]


def excused(sample: Sample) -> bool:
    return sample.name in SOMETIMES or sample.template in TOP | ALONE or sample.template.startswith(OUTSIDE)


@pytest.mark.parametrize("sample", [each for each in PAGES if not excused(each)], ids=lambda each: each.name)
def test_a_page_below_says_where_it_is(sample: Sample) -> None:
    trail = Trail(rendered(sample, "en"))
    assert trail.count == 1
    assert all(text for text, _ in trail.steps)
    assert [bool(href) for _, href in trail.steps] == [True] * (len(trail.steps) - 1) + [False]
    first = trail.steps[0][1]
    face = sample.template.split("/")[0]
    alone = len(trail.steps) == 1 and "studio" not in sample.frame.sections
    assert first == "/portal" if face == "portal" else first.startswith("/staff/") or alone


def test_only_pages_that_need_it_are_excused() -> None:
    bare = [each for each in PAGES if not Trail(rendered(each, "en")).count]
    assert {*TOP, *ALONE} <= {each.template for each in bare}
    assert set(SOMETIMES) <= {each.name for each in bare}


def test_who_may_not_open_the_studio_is_not_led_there() -> None:
    sample = next(each for each in SAMPLES if each.name == "staff-member")
    frame = dataclasses.replace(sample.frame, sections=("inbox",))
    assert Trail(rendered(sample, "en", frame=frame)).steps[0] == ["Members", "/staff/studio/members"]
