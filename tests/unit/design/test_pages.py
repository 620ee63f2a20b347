"""Every page renders in every language, escapes what people typed, and obeys the CSP."""

import dataclasses
import re
from collections.abc import Mapping
from datetime import date, datetime
from html.parser import HTMLParser
from importlib import import_module
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from core.design import views
from core.design.pages import TEMPLATES_DIR, render
from core.design.words import codes, kinds
from core.i18n import LOCALES, Locale
from tests.unit.design.samples import CSRF, HOME, HOSTILE, SAMPLES, Sample

FRAGMENTS = {
    "portal/thread.html",
    "staff/case_news.html",
    "staff/scoring.html",
    "staff/import_progress.html",
    "staff/tier_preview.html",
    "staff/rule_figures.html",
    "staff/segment_look.html",
    "staff/backtest_progress.html",
}
BUILDING_BLOCKS = {
    "message_choices.html",
    "export.html",  # a file that is taken along: tests/db/test_erasure.py looks at it
    "session_parts.html",
    "access_base.html",
    "studio_base.html",
    "inbox_base.html",
    "moderation_base.html",
    "moderation_parts.html",
    "adjustment_parts.html",
    "entry_parts.html",
    "base.html",
    "components.html",
    "parts.html",
    "plain.html",
    "case_parts.html",
    "dashboard_parts.html",
    "case_further_parts.html",
    "fields.html",
    "articles.html",
    "settings_parts.html",
    "tier_parts.html",
    "webhook_parts.html",
    "delivery_parts.html",
    "inbox_parts.html",
    "keys.html",
    "places.html",
}
REMOTE = re.compile(r"^(?:[a-z]+:)?//", re.I)


class Page(HTMLParser):
    """The elements of a page, with their attributes, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.forms: list[dict[str, str | None]] = []
        self.fields: list[tuple[int, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.elements.append((tag, values))
        if tag == "form":
            self.forms.append(values)
        if tag in ("input", "button", "textarea", "select") and values.get("name"):
            self.fields.append((len(self.forms) - 1, values["name"] or ""))


def rendered(sample: Sample, locale: Locale, view: object = None, frame: views.Frame | None = None) -> str:
    return render(
        sample.template, locale, csrf_token=CSRF, frame=frame or sample.frame, view=view or sample.view
    )


def hostile(value: Any, name: str = "") -> Any:
    """The same view with HOSTILE appended to every text that is not empty and no code."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return dataclasses.replace(value, **{name: hostile(getattr(value, name), name) for name in names})
    if isinstance(value, tuple):
        return tuple(hostile(item, name) for item in value)
    if not isinstance(value, str) or not value or name in CODED or value in ALL_CODES:
        return value
    return value + HOSTILE


# Fields that hold codes, currencies and zones rather than what somebody typed.
CODED = {"currency", "time_zone", "theme", "metric", "tier_metric", "direction", "state", "kind", "sections"}
ALL_CODES = frozenset(code for kind in kinds() for code in codes(kind))


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_renders_in_every_language(sample: Sample, locale: Locale) -> None:
    html = rendered(sample, locale)
    if sample.template in FRAGMENTS:
        assert "<html" not in html
        return
    assert f'<html lang="{locale}"' in html
    assert html.count("<h1") == 1
    assert 'id="main"' in html
    assert "%(" not in html


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_hostile_text_stays_text(sample: Sample) -> None:
    plain = Page(rendered(sample, "en"))
    poisoned = rendered(sample, "en", hostile(sample.view), hostile(sample.frame))
    page = Page(poisoned)
    assert "<script>alert" not in poisoned
    assert _scripts(page) == _scripts(plain)
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


def _scripts(page: Page) -> int:
    return sum(tag == "script" for tag, _ in page.elements)


def test_hostile_text_is_shown_as_it_is() -> None:
    view = dataclasses.replace(HOME, name=HOSTILE)
    sample = next(sample for sample in SAMPLES if sample.name == "portal-home")
    html = rendered(sample, "en", view)
    escaped = "&lt;script&gt;alert(1)&lt;/script&gt;&#34; onmouseover=&#34;alert(2)&#34; &#39; {{ 7*7 }}"
    assert f"Hello, {escaped}" in html


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_obeys_the_content_security_policy(sample: Sample) -> None:
    for tag, attributes in Page(rendered(sample, "zh-Hant")).elements:
        assert tag != "style"
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on") or name.startswith("hx-on")], tag
        if tag == "script" and attributes.get("type") != "application/ld+json":
            assert attributes.get("src"), "inline script"
        for name in ("src", "action", "formaction", "hx-get", "hx-post", "srcset", "poster", "data"):
            assert not REMOTE.match(attributes.get(name) or ""), (tag, attributes)
        if tag in ("link", "use", "base"):
            assert not REMOTE.match(attributes.get("href") or ""), (tag, attributes)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_every_post_carries_the_csrf_token_and_mutations_a_key(sample: Sample) -> None:
    page = Page(rendered(sample, "en"))
    without_key = (
        *("/sign-out", "/language", "/staff/sign-in", "/portal/sign-in"),
        # Asks for what would not be right a second time.
        *("/staff/account/password", "/staff/account/second-factor", "/staff/welcome"),
    )
    for number, form in enumerate(page.forms):
        if form.get("method") != "post":
            continue
        names = {name for at, name in page.fields if at == number}
        action = form.get("action") or ""
        assert "csrf_token" in names, action
        assert "idempotency_key" in names or action.startswith(without_key), action


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_ids_are_unique_and_labels_lead_somewhere(sample: Sample) -> None:
    elements = Page(rendered(sample, "en")).elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in elements:
        if tag == "label" and "for" in attributes:
            assert attributes["for"] in ids
        if "aria-describedby" in attributes:
            assert attributes["aria-describedby"] in ids


def test_every_page_has_a_sample() -> None:
    pages = {str(path.relative_to(TEMPLATES_DIR)) for path in TEMPLATES_DIR.rglob("*.html")}
    building_blocks = {page for page in pages if page.rsplit("/", 1)[-1] in BUILDING_BLOCKS}
    assert pages - building_blocks == {sample.template for sample in SAMPLES}


def test_a_missing_name_raises() -> None:
    with pytest.raises(UndefinedError):
        render("portal/home.html", "en", csrf_token=CSRF, view=HOME)


def test_an_unknown_language_raises() -> None:
    with pytest.raises(ValueError, match="not a language"):
        render("portal/home.html", "fr", csrf_token=CSRF, view=HOME)  # type: ignore[arg-type]


def test_publishing_carries_the_fingerprint_and_the_previewed_thresholds() -> None:
    sample = next(sample for sample in SAMPLES if sample.name == "staff-tier-preview")
    html = rendered(sample, "en")
    assert '<input type="hidden" name="fingerprint" value="f00dfeed">' in html
    assert '<input type="hidden" name="threshold_silver" value="900">' in html


def test_a_case_that_cannot_be_resolved_offers_no_such_form() -> None:
    sample = next(sample for sample in SAMPLES if sample.name == "staff-case-troubled")
    actions = {form.get("action") for form in Page(rendered(sample, "en")).forms}
    assert "/staff/inbox/cases/c1/reopen" in actions
    refused = ("resolve", "assign", "message", "goodwill")
    assert not actions & {f"/staff/inbox/cases/c1/{name}" for name in refused}


def test_the_chosen_theme_wins_over_the_device() -> None:
    sample = SAMPLES[0]
    dark = dataclasses.replace(sample.frame, theme="dark")
    assert 'data-theme="dark"' in rendered(sample, "en", frame=dark)
    assert "data-theme" not in rendered(sample, "en")


PLAIN = (str, int, float, bool, date, datetime, type(None), Markup)
MADE_OF = (tuple, dict, Mapping, Union, UnionType)


def _plain(hint: Any) -> bool:
    if get_origin(hint) in MADE_OF:
        return all(_plain(part) for part in get_args(hint) if part is not Ellipsis)
    return hint in PLAIN or get_origin(hint) is Literal or dataclasses.is_dataclass(hint)


def test_view_models_are_frozen_and_plain() -> None:
    modules = [import_module(f"core.design.{file.stem}") for file in TEMPLATES_DIR.parent.glob("*views.py")]
    models = [each for module in modules for each in vars(module).values() if dataclasses.is_dataclass(each)]
    assert len(models) > 200
    for model in models:
        assert model.__dataclass_params__.frozen, model  # type: ignore[union-attr]
        for name, hint in get_type_hints(model).items():
            assert _plain(hint), (model, name, hint)
