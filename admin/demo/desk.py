"""The demo's staff at work: what people did on cases, through the very functions behind the pages."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from itertools import cycle
from uuid import UUID

from core import clock, db
from reviews.cases import conversation, goodwill, service
from reviews.cases.service import CaseChanged

ANSWERS = {
    "en": (
        "Thank you for telling us so plainly. This is not how it should have gone. I have looked at your"
        " order and will make it right; you will hear from me today."
    ),
    "zh-Hans": "感谢您如实告诉我们。这次的体验不应该是这样，我已查看您的订单，今天之内会给您答复并妥善处理。",
    "zh-Hant": "謝謝您直接告訴我們。這次的經驗不該如此，我已查看您的訂單，今天內會回覆您並妥善處理。",
}
FURTHER = {
    "en": "Could you tell me which size you would have needed, or send a photo? Then I can act at once.",
    "zh-Hans": "方便告诉我具体情况或发一张照片吗？这样我可以马上为您处理。",
    "zh-Hant": "方便告訴我詳細情況或傳一張照片嗎？這樣我可以馬上為您處理。",
}
SORRY = {
    "en": "A small sign that we are sorry.",
    "zh-Hans": "一点心意，向您致歉。",
    "zh-Hant": "一點心意，向您致歉。",
}
BACK = {
    "en": "Thanks for the quick answer. It is the seam on the left side, I will send a photo tonight.",
    "zh-Hans": "谢谢回复，我晚上把照片发过来。",
    "zh-Hant": "謝謝回覆，我晚上把照片傳過來。",
}

GOODWILL_POINTS = 40

LEFT_OPEN = 60
"""The most urgent cases wait for whoever looks at the demo."""
OF_EACH_KIND = 12


async def work(merchant_id: UUID) -> int:
    """Bring cases that nobody has touched into every state; answers how many.

    What somebody who looks at the demo does meanwhile stays theirs.
    """
    async with db.transaction(merchant_id):
        rows = await db.fetch(
            """
            SELECT c.id, c.owner_id, c.version, c.customer_id, m.id IS NOT NULL AS member,
                   CASE WHEN p.locale IN ('zh-Hans', 'zh-Hant') THEN p.locale ELSE 'en' END AS locale
            FROM cases c LEFT JOIN customer_profiles p ON p.customer_id = c.customer_id
            LEFT JOIN members m ON m.customer_id = c.customer_id
            WHERE c.state IN ('new', 'assigned') AND c.owner_id IS NOT NULL
            ORDER BY c.priority DESC, c.id OFFSET $1
            """,
            LEFT_OPEN,
        )
    done = 0
    for deed, chosen in _plan(rows):
        for row in chosen:
            try:
                async with db.transaction(merchant_id):
                    await deed(row, clock.now())
                done += 1
            except CaseChanged:
                continue
    return done


Deed = Callable[[db.Row, datetime], Awaitable[None]]


def _plan(rows: Sequence[db.Row]) -> list[tuple[Deed, Sequence[db.Row]]]:
    """A few of each kind, of members who can be written to; the rest is answered and resolved."""
    reachable = [row for row in rows if row["customer_id"] and row["member"]]
    special: list[Deed] = [_reply, _ask, _give, _hear, _reopen, _close]
    chosen: dict[Deed, list[db.Row]] = {deed: [] for deed in special}
    for deed, row in zip(cycle(special), reachable[: OF_EACH_KIND * len(special)], strict=False):
        chosen[deed].append(row)
    taken = {row["id"] for group in chosen.values() for row in group}
    rest = [row for row in rows if row["id"] not in taken]
    return [*chosen.items(), (_settle, rest)]


async def _reply(row: db.Row, now: datetime) -> None:
    await conversation.reply(row["id"], ANSWERS[row["locale"]], row["owner_id"], row["version"], now)


async def _ask(row: db.Row, now: datetime) -> None:
    await conversation.message(row["id"], FURTHER[row["locale"]], row["owner_id"], row["version"], now)


async def _give(row: db.Row, now: datetime) -> None:
    await _reply(row, now)
    key = f"demo:{row['id']}"
    await goodwill.give(row["id"], GOODWILL_POINTS, SORRY[row["locale"]], key, row["owner_id"], now)


async def _hear(row: db.Row, now: datetime) -> None:
    await _ask(row, now)
    await conversation.customer_message(row["id"], row["customer_id"], BACK[row["locale"]], now)


async def _settle(row: db.Row, now: datetime) -> None:
    queued = await conversation.reply(row["id"], ANSWERS[row["locale"]], row["owner_id"], row["version"], now)
    await service.resolve(row["id"], row["owner_id"], queued.version, now)


async def _reopen(row: db.Row, now: datetime) -> None:
    await _settle(row, now)
    version = await db.fetchval("SELECT version FROM cases WHERE id = $1", row["id"])
    await service.reopen(row["id"], row["owner_id"], version, now)


async def _close(row: db.Row, now: datetime) -> None:
    await _settle(row, now)
    version = await db.fetchval("SELECT version FROM cases WHERE id = $1", row["id"])
    await service.close(row["id"], row["owner_id"], version, now)
