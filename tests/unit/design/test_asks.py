"""What destroys, ends or goes out to a customer asks once or can be undone: every form is judged."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

import pytest

from tests.unit.design.samples import SAMPLES, Sample
from tests.unit.design.test_pages import rendered


def _each(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


ASKS = _each(
    # destroys or ends
    "accept cancel close delete discard disconnect dismiss drop end end-others erase hide leave off remove",
    "reset retire revoke spam unsubscribe withdraw",
    # goes out to a customer, or gives or takes points
    "adjust goodwill message openings publish redeem remedy reply",
)
"""Last words of addresses: what their forms do is not easily taken back."""
PLAIN = _each(
    # of whoever is signed in, or signs in
    "code codes confirm enrol language password second-factor shop sign-in sign-out welcome",
    # a customer's own words and wishes
    "answer ask edit export friends helpful join messages person profile write",
    # kept, found or changed, and changed again in the same way
    "achievements all-the-same assign attributes back backtests bulk call change check connect correct draft",
    "duplicate full generate goals imports insiders invite keep limits link list make new note on override",
    "policy pools put referrals reopen replace requests rotate schedule send-back sites snooze start stock",
    "switch sync take-up teams test undo views wait wallets",
    # somebody else's wish, looked at before
    "approve decide",
    # what was sent already, or was to be
    "replay resend retry",
)
"""Their forms need not ask."""
NAMES = {
    "/staff/backoffice/stores/s1",
    "/staff/studio/rewards/mug",
    "/staff/studio/segments/vip",
    "/staff/studio/wallets/points",
}
"""Addresses of one thing that is saved: the last word is its own."""
EXCUSED = {
    "/staff/inbox/cases/c1/reply": "waits 10 s, with a button to undo",
    "/staff/inbox/cases/c1/message": "waits 10 s, with a button to undo",
    "/portal/profile/erase": "a word has to be typed",
    "/staff/people/p1/erase": "the customer's number has to be typed",
    "/messages/unsubscribe": "the page of a link is the question",
    "/staff/moderation/reviews/h1/hide": "a reason has to be chosen; “Show it” undoes it",
    "/staff/studio/openings": "a reason has to be typed, and a file sent twice counts once",
    "/staff/studio/tiers/publish": "stands below whom it moves, and what was before can be brought back",
    "/staff/studio/rules/double/publish": "stands beside what it means; “Take out of force” ends it",
    "/staff/inbox/settings/knowledge/returns/publish": "stands above the draft as it will be read",
}


@dataclass
class Form:
    """One that posts: where to, and whether it lies in a question."""

    action: str
    asked: bool
    danger: bool = False

    @property
    def deed(self) -> str:
        return self.action.rsplit("/", 1)[-1]


class Forms(HTMLParser):
    """Those of a page that post, by the tags around them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._around: list[bool] = []
        self._open: Form | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        classes = values.get("class", "").split()
        if tag == "details":
            self._around.append("ask" in classes)
        if tag == "form" and values.get("method") == "post":
            self._open = Form(values["action"].partition("?")[0], any(self._around))
            self.found.append(self._open)
        # A list's deeds share one form: a question may lie in it, too.
        if tag == "button" and "danger" in classes and self._open and not any(self._around):
            self._open.danger = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "details":
            self._around.pop()
        if tag == "form":
            self._open = None


FORMS = [(sample, form) for sample in SAMPLES for form in Forms(rendered(sample, "en")).found]


def test_what_is_not_easily_taken_back_asks_or_is_undone() -> None:
    asking = [form for _, form in FORMS if form.deed in ASKS or form.danger]
    assert len({form.action for form in asking}) > 40
    bare = {form.action for form in asking if not form.asked}
    assert bare == set(EXCUSED)


def test_every_form_is_judged() -> None:
    seen = {form.action: form.deed for _, form in FORMS if form.action not in NAMES}
    assert not {deed for deed in seen.values() if deed not in ASKS | PLAIN}, "add them to ASKS or to PLAIN"
    assert not ASKS & PLAIN
    assert {form.action for _, form in FORMS} >= NAMES


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_question_opens_by_its_button_and_has_another_for_the_deed(sample: Sample) -> None:
    for block in re.findall(r'<details class="ask".*?</details>', rendered(sample, "en"), re.S):
        opens, _, deed = block.partition("</summary>")
        assert "<summary class=" in opens and "<button" in deed
