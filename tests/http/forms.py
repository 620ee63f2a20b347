"""Forms taken from pages as a browser takes them: parsed, and sent as they stand."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

from tests.http.conftest import PAGE, Browser


@dataclass
class Form:
    """A form as it stands. `buttons`: what its buttons read, each with what it adds."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, dict[str, str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.open: Form | None = None
        self.said: list[str] | None = None
        self.adds: dict[str, str] = {}
        self.select = self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.open = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self.open)
        elif self.open is not None and "disabled" not in given:
            self._part(tag, given, self.open)

    def _part(self, tag: str, given: dict[str, str], form: Form) -> None:
        name, kind = given.get("name", ""), given.get("type", "")
        if tag == "button":
            self.said, self.adds = [], {name: given.get("value", "")} if name else {}
        elif tag == "input" and name and kind not in ("submit", "file"):
            if kind not in ("checkbox", "radio") or "checked" in given:
                form.fields[name] = given.get("value", "on" if kind == "checkbox" else "")
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select:
            if "selected" in given or self.select not in form.fields:
                form.fields[self.select] = given.get("value", "")
        elif tag == "textarea" and name:
            self.text, form.fields[name] = name, ""

    def handle_data(self, data: str) -> None:
        if self.said is not None:
            self.said.append(data)
        elif self.text and self.open is not None:
            self.open.fields[self.text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "button" and self.said is not None and self.open is not None:
            self.open.buttons["".join(self.said).strip()] = self.adds
            self.said = None
        elif tag == "textarea":
            self.text = ""
        elif tag == "select":
            self.select = ""
        elif tag == "form":
            self.open = None


def forms(page: str) -> list[Form]:
    """All forms of a page."""
    return _Reader(page).forms


def with_button(page: str, button: str) -> list[Form]:
    """The forms that have a button whose words begin so; what it is about may follow."""
    return [each for each in forms(page) if any(text.startswith(button) for text in each.buttons)]


async def press(browser: Browser, page: str, button: str, **typed: str) -> httpx.Response:
    """Fill in the page's one form with this button, and press it."""
    found = with_button(page, button)
    assert len(found) == 1, f"{len(found)} forms with {button}"
    [form] = found
    assert form.method == "post" and typed.keys() <= form.fields.keys(), form
    adds = next(adds for text, adds in form.buttons.items() if text.startswith(button))
    data = form.fields | typed | adds
    return await browser.client.post(form.action, data=data, headers=PAGE)
