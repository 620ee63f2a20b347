"""Templates: a closed set of variables, filled in once, and nothing that may not be sent."""

import pytest

from admin.demo.templates import read_templates
from reviews.cases.calls import settles
from reviews.cases.templates import rules
from reviews.cases.templates.rules import Template, TemplateUnfit

ALL: dict[rules.Variable, str] = {
    "customer": "Ada <b>", "order": "A-1", "product": "{agent}", "shop": "Juniper", "agent": "Mina",
}  # fmt: skip


def template(text: str, channel: rules.Channel = "private") -> Template:
    return Template(code="t", name="T", channel=channel, texts={"en": text})


def test_variables_are_filled_in_once_and_gaps_show() -> None:
    text = "Dear {customer}, {product} of {order} … {agent|somebody}, {shop}"
    assert rules.fill(text, ALL) == "Dear Ada <b>, {agent} of A-1 … Mina, Juniper"
    assert rules.fill(text, {}) == "Dear {customer}, {product} of {order} … somebody, {shop}"
    assert rules.fill("{order|}{customer|there}", {"customer": " "}) == "there"


@pytest.mark.parametrize(
    "unfit",
    [
        template("Hello {name}"), template("{customer"), template("{}"), template("{Customer}"),
        template(" "),
        template("Order {order}", "any"), template("Order {order|x}", "public"), template("x" * 4001),
        template("Please change your review, {customer}."), template("删除差评后退款"),
        Template(code="No", name="T", channel="any", texts={"en": "x"}),
        Template(code="t", name=" ", channel="any", texts={"en": "x"}),
        Template(code="t", name="T", channel="any", texts={}),
    ],
)  # fmt: skip
def test_what_no_template_may_say(unfit: Template) -> None:
    with pytest.raises(TemplateUnfit):
        rules.checked(unfit)


def test_the_demos_templates_are_fit_and_leave_no_gap_without_values() -> None:
    read = read_templates()
    assert len(read) == 6 and all(set(each.texts) == {"en", "zh-Hans", "zh-Hant"} for each in read)
    for each in read:
        for text in rules.checked(each).texts.values():
            assert "{" not in rules.fill(text, {"agent": "Mina", "shop": "Juniper"})


def test_a_text_in_the_nearest_language() -> None:
    kept = Template(code="t", name="T", channel="any", texts={"en": "Hi", "zh-Hant": "您好"})
    assert [kept.text(each) for each in ("en", "zh-Hans", "zh-Hant")] == ["Hi", "您好", "您好"]


@pytest.mark.parametrize(
    ("outcomes", "enough"),
    [
        ([], False), (["no_answer", "voicemail"], False), (["no_answer", "voicemail", "wrong_number"], True),
        (["reached"], True), (["no_answer", "declined"], True), ([None], True),
    ],
)  # fmt: skip
def test_which_calls_are_enough(outcomes: list[str | None], enough: bool) -> None:
    assert settles(outcomes) is enough
