"""What is served beside the pages: vendored copies unchanged, one stylesheet with enough contrast."""

import hashlib
import re

import pytest

from core.design.pages import STATIC_DIR, TEMPLATES_DIR, static_url

PROPERTY = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")
STYLES = (STATIC_DIR / "regulars.css").read_text()


def test_vendored_files_are_the_published_ones() -> None:
    rows = re.findall(r"^\| (\S+) \| \S+ \| \S+ \| \S+ \| ([0-9a-f]{64}) \|$", _vendored_notes(), re.M)
    assert {name for name, _ in rows} == {path.name for path in (STATIC_DIR / "vendor").iterdir()}
    for name, digest in rows:
        assert hashlib.sha256((STATIC_DIR / "vendor" / name).read_bytes()).hexdigest() == digest


def _vendored_notes() -> str:
    return (STATIC_DIR / "VENDORED.md").read_text()


def test_static_addresses_change_with_the_content() -> None:
    digest = hashlib.sha256((STATIC_DIR / "regulars.css").read_bytes()).hexdigest()
    assert static_url("regulars.css") == f"/static/regulars.css?v={digest[:12]}"


def test_a_missing_static_file_raises() -> None:
    with pytest.raises(FileNotFoundError):
        static_url("nothing.css")


def test_the_stylesheet_asks_no_other_host() -> None:
    assert {*re.findall(r"url\(([^)]*)\)", STYLES)} == {'"vendor/inter-latin.woff2"'}
    assert "@import" not in STYLES


def test_braces_balance() -> None:
    assert STYLES.count("{") == STYLES.count("}")


def themes() -> dict[str, dict[str, str]]:
    light, dark, device_dark = (
        dict(PROPERTY.findall(STYLES.split(start, 1)[1].split("}", 1)[0]))
        for start in (
            '[data-theme="light"] {',
            '[data-theme="dark"] {',
            ':root:not([data-theme="light"]) {',
        )
    )
    assert dark == device_dark, "the two dark blocks must stay the same"
    return {"light": light, "dark": dark}


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TEXT_PAIRS = [
    *[(text, ground) for text in ("ink", "muted", "accent") for ground in ("paper", "surface", "sunken")],
    *[("ink", ground) for ground in ("accent-soft", "good-soft", "warm-soft", "bad-soft")],
    *[(name, f"{name}-soft") for name in ("good", "warm", "bad", "accent")],
    *[(name, "surface") for name in ("good", "warm", "bad")],
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_has_the_contrast_of_wcag_aa(theme: str, text: str, ground: str) -> None:
    colours = themes()[theme]
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "surface"])
@pytest.mark.parametrize("mark", ["accent", "line-strong", "amber", *(f"chart-{n}" for n in range(1, 7))])
def test_edges_and_marks_have_three_to_one(theme: str, ground: str, mark: str) -> None:
    colours = themes()[theme]
    assert contrast(colours[mark], colours[ground]) >= 3


def test_what_asks_again_by_itself_never_leads_to_the_sign_in_page() -> None:
    # The portal's conversation is drawn into an element of its page that says so.
    polls = {
        (path.name, tag)
        for path in TEMPLATES_DIR.rglob("*.html")
        for tag in re.findall(r'<\w+ [^\n]*?hx-trigger="every [^\n]*', path.read_text())
    }
    assert len(polls) == 5
    assert {name for name, tag in polls if "data-quiet" not in tag} == {"thread.html"}
    assert re.search(r'<div id="thread"[^>]* data-quiet>', (TEMPLATES_DIR / "portal/case.html").read_text())
