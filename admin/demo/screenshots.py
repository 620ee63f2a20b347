"""Pictures for the README: ``python -m admin.demo.screenshots`` (or ``make screenshots``).

Without --url it starts a demo of its own in a temporary folder and ends it afterwards. It needs
Debian's chromium and Playwright (in the extra `test`), and it works on one case: give it no shop
that somebody else is looking at.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from admin.demo.shop import Shop
from api.cookies import LANGUAGE
from core.i18n import Locale

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
SIZE: "ViewportSize" = {"width": 1280, "height": 800}
IMAGES = Path(__file__).parents[2] / "docs" / "images"
LIMIT_BYTES = 250_000
LOADED_WITHIN_S = 1800
LOADED = "Everything is loaded."
REPLIES_OUT_S = 15
"""The replies of the demo's staff wait ten seconds for an undo, and the inbox counts them only then."""
EXCERPT_CHARS = 60
"""Of which a Chinese review needs few and an English one a line."""
MANAGER, MARKETER = "manager@example.com", "marketer@example.com"


@click.command()
@click.option("--members", default=1000, show_default=True, help="Of the demo that is started for this.")
@click.option("--url", help="A demo that runs already; needs --data.")
@click.option("--data", type=click.Path(path_type=Path), help="Its data folder: has demo.json in it.")
@click.option("--out", default=IMAGES, type=click.Path(path_type=Path), show_default=True)
def main(members: int, url: str | None, data: Path | None, out: Path) -> None:
    """Take the pictures."""
    if bool(url) != bool(data):
        raise click.UsageError("--url and --data go together")
    out.mkdir(parents=True, exist_ok=True)
    if url and data:
        _take_all(url, data, out)
        return
    with tempfile.TemporaryDirectory(prefix="shots-") as folder:
        # The embedded PostgreSQL runs as another user, who must reach its files.
        Path(folder).chmod(0o711)
        with _demo(Path(folder), members) as started:
            _take_all(started, Path(folder) / "demo", out)


@contextmanager
def _demo(folder: Path, members: int) -> Iterator[str]:
    """A loaded demo; answers its address."""
    log = folder / "out"
    environment = os.environ | {"REGULARS_DATA_DIR": str(folder), "COLUMNS": "120"}
    command = [sys.executable, "-m", "admin.cli", "demo", "--members", str(members)]
    with log.open("wb") as output:
        child = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            yield _address(log, child)
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(60)


def _address(log: Path, child: "subprocess.Popen[bytes]") -> str:
    click.echo("Waiting until the demo is loaded")
    deadline = time.monotonic() + LOADED_WITHIN_S
    while LOADED not in (text := log.read_text("utf-8", errors="replace")):
        if child.poll() is not None or time.monotonic() > deadline:
            raise click.ClickException(f"the demo does not load:\n{text[-2000:]}")
        time.sleep(0.5)
    time.sleep(REPLIES_OUT_S)
    return "http://" + text.partition("http://")[2].partition("/")[0]


def _take_all(url: str, data: Path, out: Path) -> None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise click.ClickException("Playwright is missing: pip install 'regulars[test]'") from error
    if not Path(CHROMIUM).exists():
        raise click.ClickException(f"{CHROMIUM} is missing; as root: apt-get install chromium fonts-noto-cjk")
    passwords = msgspec.json.decode((data / "demo.json").read_bytes(), type=Shop).passwords
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        _inbox(_staff(browser, url, MANAGER, passwords), out)
        _case_in_chinese(_staff(browser, url, MANAGER, passwords, "zh-Hans"), out)
        _studio(_staff(browser, url, MARKETER, passwords), out)
        _portal(browser, url, passwords, out)
        browser.close()


def _inbox(page: "Page", out: Path) -> None:
    """The list, and an English case with a reply under way."""
    page.goto("/staff/inbox")
    if (news := page.locator("[data-live-show]")).is_visible():
        news.click()
        news.wait_for(state="hidden")
    _shoot(page, out / "inbox.png")
    _open_case(page, "en")
    # Not that to one of the further reviews.
    page.locator("#reply-text").fill(
        "Thank you for telling us so plainly. A replacement leaves our store today, and the return is free."
    )
    goodwill = page.locator("#goodwill")
    goodwill.locator("summary").click()
    goodwill.get_by_label("Points").fill("40")
    goodwill.get_by_label("Reason").fill("With our apologies for the trouble.")
    _shoot(page, out / "case.png")


def _case_in_chinese(page: "Page", out: Path) -> None:
    page.goto("/staff/inbox")
    _open_case(page, "zh")
    _shoot(page, out / "case-zh-Hans.png")


def _open_case(page: "Page", language: str) -> None:
    """The first case of a negative review with enough text to look at."""
    rows = page.locator(".case-row").filter(has=page.locator(".chip.negative"))
    for row in rows.filter(has=page.locator(f'.excerpt [lang="{language}"]')).all():
        if row.locator(".tag").count() >= 1 and len(row.locator(".excerpt").inner_text()) >= EXCERPT_CHARS:
            row.locator(".row-link").click()
            page.locator(".case-review").wait_for()
            return
    raise click.ClickException(f"no case in {language} is worth a picture; try with more --members")


def _studio(page: "Page", out: Path) -> None:
    page.goto("/staff/studio")
    _shoot(page, out / "studio.png")
    page.goto("/staff/studio/tiers")
    for tier in ("silver", "gold"):
        field = page.locator(f"#threshold_{tier}")
        field.fill(str(int(field.input_value()) * 4 // 5))
        page.locator(f'#preview input[name="threshold_{tier}"][value="{field.input_value()}"]').wait_for(
            state="attached"
        )
    _shoot(page, out / "tiers.png")


def _portal(browser: "Browser", url: str, passwords: dict[str, str], out: Path) -> None:
    """The home of the customer whom the page about the demo names, by the link in their mail."""
    staff = _staff(browser, url, MANAGER, passwords)
    staff.goto("/staff/demo")
    email = staff.locator("[data-example]").inner_text()
    page = _visit(browser, url, "en")
    page.goto("/portal/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Send me a link").click()
    page.get_by_role("heading", name="Look into your mail").wait_for()
    staff.goto("/staff/mails")
    staff.locator(".mail-list a").first.click()
    page.goto(staff.locator(".mail-text a").get_attribute("href") or "")
    page.get_by_role("button", name="Sign in").click()
    page.locator(".hero").wait_for()
    _shoot(page, out / "portal.png")


def _staff(
    browser: "Browser", url: str, email: str, passwords: dict[str, str], locale: Locale = "en"
) -> "Page":
    """A browser of one of the staff."""
    page = _visit(browser, url, locale)
    page.goto("/staff/sign-in")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(passwords[email])
    page.locator("input[name=password]").press("Enter")
    page.locator(".rail").wait_for()
    return page


def _visit(browser: "Browser", url: str, locale: Locale) -> "Page":
    context = browser.new_context(base_url=url, viewport=SIZE, color_scheme="light", reduced_motion="reduce")
    context.add_cookies([{"name": LANGUAGE, "value": locale, "url": url}])
    return context.new_page()


def _shoot(page: "Page", file: Path) -> None:
    page.evaluate("document.activeElement?.blur(); window.scrollTo(0, 0); document.fonts.ready")
    page.screenshot(path=file, animations="disabled")
    size = file.stat().st_size
    if size > LIMIT_BYTES:
        raise click.ClickException(f"{file} has {size:,} bytes, more than {LIMIT_BYTES:,}")
    click.echo(f"{file}  {size // 1000} kB")


if __name__ == "__main__":
    main()
