"""Three clicks: from the first page of a face every page that somebody may see is reached by three links."""

import asyncio
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from api.cookies import CUSTOMER_SESSION, STAFF_SESSION
from core import db
from core.people.roles import permissions_of
from tests.access.doors import Door
from tests.browser.site import Site
from tests.browser.test_pages import WHO, found
from tests.browser.test_routes import EXCUSED, FILES, NO_PAGES, every_door

pytestmark = pytest.mark.browser
__all__ = ["every_door", "found"]

CLICKS = 3
EACH_KIND = 5
"""So many addresses of one page are opened: what they lead to is alike."""
AT_ONCE = 4
FACES = {
    "customer": "/portal",
    "manager": "/staff",
    "marketer": "/staff",
    "owner": "/staff",
    "auditor": "/staff",
}
BY_OTHER_WAYS = {
    "/portal/sign-in": "for whoever is not signed in",
    "/portal/sign-in/shop": "out of the shop",
    "/portal/sign-in/confirm": "out of a mail",
    "/portal/join": "for whoever is no member",
    "/staff/sign-in": "for whoever is not signed in",
    "/staff/sign-in/enrol": "a step of signing in",
    "/staff/design": "for whoever builds pages",
}
"""Pages that no link leads to."""


class Links(HTMLParser):
    """Where the links of a page lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a" and (href := dict(attrs).get("href")):
            self.found.append(href)


class Walk:
    """Follows links from a first page, click by click, and notes the kinds of pages that it comes to."""

    def __init__(self, client: httpx.AsyncClient, kinds: Iterable[str]) -> None:
        self.client = client
        self.kinds = [
            (kind, re.compile(re.sub(r"\{[^}]+\}", "[^/]+", kind) + "/?")) for kind in sorted(kinds)
        ]
        self.clicks: dict[str, int] = {}
        self.opened: dict[str, set[str]] = {}

    def kind(self, path: str) -> str:
        """The page of an address: the one whose address is written out comes before a placeholder."""
        fitting = [kind for kind, pattern in self.kinds if pattern.fullmatch(path)]
        return min(fitting, key=lambda kind: (kind.count("{"), kind), default="")

    async def go(self, first: str) -> None:
        wave = [first]
        for click in range(CLICKS + 1):
            after: dict[str, None] = {}
            for start in range(0, len(wave), AT_ONCE):
                for links in await asyncio.gather(*map(self.open, wave[start : start + AT_ONCE])):
                    after |= dict.fromkeys(links)
            wave = [address for address in after if self.worth(address, click + 1)] if click < CLICKS else []

    def worth(self, address: str, click: int) -> bool:
        """Notes that a page was come to; whether it is to be opened as well."""
        kind = self.kind(urlsplit(address).path)
        if not kind:
            return False
        self.clicks.setdefault(kind, click)
        opened = self.opened.setdefault(kind, set())
        if address in opened or len(opened) >= EACH_KIND:
            return False
        opened.add(address)
        return True

    async def open(self, address: str) -> list[str]:
        answer = await self.client.get(address, follow_redirects=True)
        assert answer.status_code < 400, (address, answer.status_code)
        if "text/html" not in answer.headers["content-type"]:
            return []
        at = str(answer.url)
        links = (urlsplit(urljoin(at, href)) for href in Links(answer.text).found)
        here = urlsplit(at).netloc
        return [f"{to.path}?{to.query}" if to.query else to.path for to in links if to.netloc == here]


async def client_of(site: Site, who: str) -> httpx.AsyncClient:
    """Somebody's browser without a screen."""
    context = await site.visitor()
    await site.enter(context, WHO[who])
    cookies = {each["name"]: each["value"] for each in await context.cookies()}
    await context.close()
    name = CUSTOMER_SESSION if who == "customer" else STAFF_SESSION
    return httpx.AsyncClient(
        base_url=site.url,
        cookies={name: cookies[name]},
        headers={"accept": "text/html"},
        trust_env=False,
        timeout=60,
    )


async def open_to(site: Site, who: str, doors: Iterable[Door]) -> set[str]:
    """The pages of the face that this person may see."""
    if who == "customer":
        asks = {"customer"}
    else:
        async with db.transaction(site.shop.merchant_id):
            role = await db.fetchval("SELECT role FROM staff WHERE email = $1", WHO[who])
        asks = {"staff", *permissions_of(role)}
    return {
        door.path
        for door in doors
        if door.method == "GET" and door.asks in asks and door.path.startswith(FACES[who])
        if not door.path.startswith(NO_PAGES) and not door.path.endswith(FILES)
    }


@pytest.mark.parametrize("who", FACES)
async def test_three_clicks_lead_to_every_page(
    site: Site, found: dict[str, str], every_door: list[Door], who: str
) -> None:
    pages = await open_to(site, who, every_door)
    async with await client_of(site, who) as client:
        walk = Walk(client, pages)
        await walk.go(FACES[who])
    wanted = pages - set(EXCUSED) - set(BY_OTHER_WAYS) - {FACES[who]}
    assert len(wanted) > 10
    assert wanted - set(walk.clicks) == set(), "no three links lead there"
