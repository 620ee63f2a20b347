"""Staff at work on cases, in browsers that post their forms again when no answer comes."""

import asyncio
import html
import random
import re

import httpx

from api.cookies import LANGUAGE, STAFF_SESSION
from tests.chaos.clients import Asking, code_of
from tests.chaos.journal import Journal

INBOX = "/staff/inbox"
CASE = re.compile(r"/staff/inbox/cases/([0-9a-f-]{36})")
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
PAGE = {"accept": "text/html"}
DEEDS = {
    "note": ("note", "text"),
    "message": ("private_message", "text"),
    "reply": ("public_reply", "text"),
    "goodwill": ("goodwill", "reason"),
    "resolve": ("", "text"),
    "reopen": ("", ""),
}
"""For each form: what the verifier calls it ("": nothing that it looks for), and the field with the mark."""
WEIGHTS = (4, 3, 2, 4, 1, 1)


class Person:
    """One of the staff: takes some case and does something on it, again and again."""

    def __init__(self, number: int, asking: Asking, session: str) -> None:
        self._asking, self._number, self._count = asking, number, 0
        self._cookies = {STAFF_SESSION: session, LANGUAGE: "en"}

    @property
    def _chance(self) -> random.Random:
        return self._asking.chance

    @property
    def _journal(self) -> Journal:
        return self._asking.journal

    async def run(self, stop: asyncio.Event) -> None:
        """Until then."""
        while not stop.is_set():
            await self.work()
            await asyncio.sleep(self._chance.uniform(0.1, 0.5))

    async def work(self) -> None:
        """One deed on some case, if there is one."""
        listed = await self._get(INBOX)
        found = sorted(set(CASE.findall(listed.text)))
        if not found:
            await asyncio.sleep(1)
            return
        case_id = self._chance.choice(found)
        [deed] = self._chance.choices(list(DEEDS), WEIGHTS)
        path = f"{INBOX}/cases/{case_id}"
        page = await self._get(path)
        fields = _form(page.text, f"{path}/{deed}")
        if fields is not None:
            await self._do(deed, path, fields)

    async def _do(self, deed: str, path: str, fields: dict[str, str]) -> None:
        op, field = DEEDS[deed]
        mark, points = self._mark(), self._chance.randint(1, 30)
        if field:
            fields |= {field: mark}
        if deed == "goodwill":
            fields |= {"points": str(points)}
        answer = await self._ask("POST", f"{path}/{deed}", data=fields)
        if answer.status_code != 303 or answer.headers.get("location") != path:
            self._journal.refused[f"{deed}: {code_of(answer) or answer.status_code}"] += 1
        elif op:
            self._journal.say(op, mark, **({"points": points} if deed == "goodwill" else {}))

    async def _get(self, path: str) -> httpx.Response:
        return await self._ask("GET", path)

    async def _ask(self, method: str, path: str, **more: object) -> httpx.Response:
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        answer = await self._asking.ask(method, path, headers=PAGE | {"cookie": cookie}, **more)
        self._cookies |= {each.name: each.value or "" for each in answer.cookies.jar}
        return answer

    def _mark(self) -> str:
        """What is written on the case: a text that is nobody else's."""
        self._count += 1
        return f"We look into it. (p{self._number}-{self._count})"


def _form(page: str, action: str) -> dict[str, str] | None:
    """The hidden fields of a form on a page; None: the page has no such form now."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.S)
    return {name: html.unescape(value) for name, value in HIDDEN.findall(found[1])} if found else None
