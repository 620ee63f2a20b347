"""Clients of the API as a careful shop writes them: they ask again, with the same key, until answered."""

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from tests.chaos.journal import Journal
from tests.chaos.shop import COST_POINTS

TIMEOUT_S = 10
AGAIN = {"idempotency_key_running", "posting_running"}
"""Refusals that say: not now."""
CUSTOMERS = [f"c{number}" for number in range(40)]
SOURCE = "first_party"
BODIES = {
    1: "Terrible quality. It broke on the first day and nobody answers my mails.",
    2: "Rather disappointing, the lid does not close and the colour is wrong.",
    3: "It is all right, nothing special.",
    4: "Good value, arrived on time.",
    5: "Wonderful, I use it every day and would buy it again.",
}


class Asking:
    """Sends one request until it is answered, to whichever process answers."""

    def __init__(
        self,
        urls: Sequence[str],
        journal: Journal,
        chance: random.Random,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.urls, self.journal, self.chance = urls, journal, chance
        self._client = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False, transport=transport)

    async def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer, which may be a refusal."""
        self.journal.open += 1
        try:
            while True:
                answer = await self._once(method, path, request)
                if answer is not None:
                    return answer
                await asyncio.sleep(self.chance.uniform(0.1, 0.6))
        finally:
            self.journal.open -= 1

    async def _once(self, method: str, path: str, request: Mapping[str, Any]) -> httpx.Response | None:
        """None: it has to be sent again."""
        try:
            answer = await self._client.request(method, self.chance.choice(self.urls) + path, **request)
        except httpx.HTTPError as error:
            self.journal.tries[type(error).__name__] += 1
            return None
        self._client.cookies.clear()  # whoever has some sends them themselves
        code = code_of(answer)
        if answer.status_code < 500 and answer.status_code != 429 and code not in AGAIN:
            return answer
        self.journal.tries[f"{answer.status_code} {code}".strip()] += 1
        return None

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()


def code_of(answer: httpx.Response) -> str:
    """The stable code of a problem, or ''."""
    if "problem+json" not in answer.headers.get("content-type", ""):
        return ""
    return str(answer.json().get("code", ""))


class Shopper:
    """One client: does one thing after the other until it is told to stop."""

    def __init__(self, number: int, asking: Asking, api_key: str) -> None:
        self._asking, self._journal, self._chance = asking, asking.journal, asking.chance
        self._number, self._count = number, 0
        self._headers = {"authorization": f"Bearer {api_key}"}
        self.deeds = (
            *(self.earn, self.earn_lines, self.hold, self.hold, self.redeem, self.redeem),
            *(self.order, self.order, self.order, self.review, self.review),
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Until then."""
        if not self._count:
            await self.join()
        while not stop.is_set():
            await self._chance.choice(self.deeds)()
            await asyncio.sleep(self._chance.uniform(0, 0.15))

    # ------------------------------------------------------------ what it does

    async def join(self) -> None:
        """Every client tells of every customer, each in another order: the same events, many times over."""
        told = []
        for customer in self._chance.sample(CUSTOMERS, len(CUSTOMERS)):
            data = {"customer_id": customer, "name": customer, "accepts_terms": True}
            told.append(_event(f"join-{customer}", "customer.created", data))
        await self._tell(*told)

    async def earn(self) -> None:
        """Points for one."""
        mark, points = self._mark(), self._chance.randint(1, 200)
        body = {"points": points, "note": mark}
        answer = await self._post(f"/v1/members/{self._customer()}/earn", body)
        if answer is not None:
            self._journal.say("earn", mark, points=points)

    async def earn_lines(self) -> None:
        """Points for many, as lines."""
        lines = [
            {
                "key": mark,
                "customer_id": self._customer(),
                "points": self._chance.randint(1, 50),
                "note": mark,
            }
            for mark in (self._mark() for _ in range(self._chance.randint(2, 12)))
        ]
        content = "\n".join(json.dumps(line) for line in lines)
        headers = self._headers | {"content-type": "application/x-ndjson"}
        answer = await self._asking.ask("POST", "/v1/earns", content=content, headers=headers)
        if answer.status_code != 200:
            self._refused(answer)
            return
        for line, text in zip(lines, answer.text.splitlines(), strict=True):
            result = json.loads(text)
            if result["status"] == "rejected":
                self._journal.refused[result["code"]] += 1
            else:
                self._journal.say("earn", str(line["note"]), points=line["points"])

    async def hold(self) -> None:
        """Points put by, then spent, in part or whole, or given up."""
        customer, mark, points = self._customer(), self._mark(), self._chance.randint(2, 40)
        body = {"points": points, "minutes": 600, "note": mark}
        answer = await self._post(f"/v1/members/{customer}/holds", body)
        if answer is None:
            return
        hold_id = answer.json()["id"]
        self._journal.say("hold", mark, points=points)
        first = self._chance.randint(1, points)
        for op, part in (("capture", first), ("release", points - first)):
            if part and self._chance.random() < 0.8:
                path = f"/v1/members/{customer}/holds/{hold_id}/{op}"
                if await self._post(path, {"points": part}) is not None:
                    self._journal.say(op, self._mark(), of=hold_id, points=part)

    async def redeem(self) -> None:
        """A reward, sometimes given back."""
        customer, reward = self._customer(), self._chance.choice(list(COST_POINTS))
        answer = await self._post(f"/v1/members/{customer}/redemptions", {"reward": reward})
        if answer is None:
            return
        voucher = answer.json()["id"]
        self._journal.say("redeem", voucher, points=COST_POINTS[reward])
        if self._chance.random() < 0.4:
            path = f"/v1/members/{customer}/vouchers/{voucher}/cancel"
            if await self._post(path) is not None:
                self._journal.say("cancel", voucher)

    async def order(self) -> None:
        """All events of an order, in any order, some of them several times or together."""
        events = self._order_events()
        told = [each for each in events for _ in range(self._chance.choice((1, 1, 1, 2, 3)))]
        self._chance.shuffle(told)
        while told:
            at_once = self._chance.choice((1, 1, 3))
            await self._tell(*told[:at_once])
            del told[:at_once]

    async def review(self) -> None:
        """A review, sometimes written anew or removed later."""
        mark, stars = self._mark(), self._chance.choice((1, 1, 2, 3, 4, 5, 5))
        written = datetime.now(UTC) - timedelta(days=5)
        body: dict[str, Any] = {
            "source": SOURCE,
            "external_id": mark,
            "written_at": written.isoformat(),
            "rating": stars,
            "body": f"{BODIES[stars]} {self._chance.randint(0, 40)}",
            "product_sku": f"sku-{self._chance.randint(1, 5)}",
        }
        if self._chance.random() < 0.8:
            body["customer"] = self._customer()
        await self._send_review(body)
        if self._chance.random() < 0.25:
            later = {"edited_at": (written + timedelta(days=1)).isoformat(), "rating": 6 - stars}
            await self._send_review(body | later | {"body": BODIES[6 - stars]})
        if self._chance.random() < 0.1:
            gone = {"source": SOURCE, "external_id": mark}
            if await self._post("/v1/reviews/removals", gone) is not None:
                self._journal.say("removal", mark)

    # ------------------------------------------------------------ how

    async def _send_review(self, body: dict[str, Any]) -> None:
        answer = await self._post("/v1/reviews", body)
        if answer is not None and answer.json()["results"][0]["status"] in ("new", "changed"):
            self._journal.say("review", body["external_id"])

    def _order_events(self) -> list[dict[str, Any]]:
        order, amount = self._mark(), 100 * self._chance.randint(2, 300)
        data = {"order_id": order, "store_id": "main", "customer_id": self._customer(), "currency": "USD"}
        events = [_event(f"{order}-paid", "order.paid", data | {"amount_minor": amount})]
        if self._chance.random() < 0.7:
            events.append(_event(f"{order}-delivered", "order.delivered", {"order_id": order}))
        for number in range(self._chance.choice((0, 0, 1, 2))):
            part = 100 * self._chance.randint(1, max(1, amount // 200))
            refund = {"order_id": order, "refund_id": f"{order}-{number}", "amount_minor": part}
            events.append(_event(f"{order}-refund-{number}", "order.refunded", refund))
        if self._chance.random() < 0.15:
            events.append(_event(f"{order}-cancelled", "order.cancelled", {"order_id": order}))
        return events

    async def _tell(self, *events: dict[str, Any]) -> None:
        answer = await self._post("/v1/events", list(events) if len(events) > 1 else events[0])
        if answer is None:
            return
        for result in answer.json()["results"]:
            if result["status"] == "rejected":
                self._journal.refused[result["code"]] += 1
            else:
                self._journal.say("event", result["id"])

    async def _post(self, path: str, body: Any = None) -> httpx.Response | None:
        """A write under a key of its own; None: it was refused."""
        headers = self._headers | {"idempotency-key": str(UUID(int=self._chance.getrandbits(128)))}
        more = {} if body is None else {"json": body}
        answer = await self._asking.ask("POST", path, headers=headers, **more)
        if answer.is_success:
            return answer
        self._refused(answer)
        return None

    def _refused(self, answer: httpx.Response) -> None:
        self._journal.refused[code_of(answer) or str(answer.status_code)] += 1

    def _customer(self) -> str:
        return self._chance.choice(CUSTOMERS)

    def _mark(self) -> str:
        """A text that is nobody else's."""
        self._count += 1
        return f"m{self._number}-{self._count}"


def _event(event_id: str, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """The same whoever tells it: its time is part of what makes it this event."""
    at = _JOINED if kind.startswith("customer.") else _ORDERED
    return {"id": event_id, "source": "shop", "type": kind, "time": at.isoformat(), "data": data}


_JOINED = datetime.now(UTC) - timedelta(days=2)
_ORDERED = _JOINED + timedelta(days=1)
