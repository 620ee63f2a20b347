"""A small shop with a history, served by the real server, and a real browser to look at it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from core.embedded import Services
from tests.browser import site as sites
from tests.browser.site import Site

CHROMIUM = Path("/usr/bin/chromium")
# Without them Debian's chromium talks to its makers.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def installed() -> None:
    """Skips where there is no browser, before anything is made for it."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing; as root: apt-get install chromium fonts-noto-cjk")


@pytest.fixture(scope="session")
async def chromium(installed: None) -> AsyncIterator[Browser]:
    """Debian's browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def address(installed: None, database: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the application answers."""
    with sites.served(database, tmp_path_factory.mktemp("serve") / "log") as url:
        yield url


@pytest.fixture(scope="package")
async def site(chromium: Browser, address: str) -> AsyncIterator[Site]:
    """The shop, its people and its pages."""
    made = await sites.make(chromium, address)
    yield made
    await sites.leave(made)
