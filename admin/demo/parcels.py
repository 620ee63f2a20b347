"""The demo's carriers and mail programs: late parcels, an answer by mail, and a mail from a stranger."""

from datetime import datetime, timedelta
from uuid import UUID

from core import clock, db
from loyalty.intake.events import Event
from loyalty.intake.service import ingest
from reviews.cases.contact.settings import Contact, change
from reviews.cases.inbound import service as inbound
from reviews.cases.inbound.reading import read
from reviews.cases.inbound.rules import reply_address

ADDRESS = "care@juniper-moon.example"
SINCE = timedelta(days=30)
LATE = 3
_WAITED_FOR = """
    SELECT external_id FROM orders WHERE paid_at IS NOT NULL AND delivered_at IS NULL AND cancelled_at IS NULL
    ORDER BY paid_at DESC, id LIMIT $1
"""
_ASKED = """
    SELECT c.reply_token, p.email FROM cases c JOIN customer_profiles p ON p.customer_id = c.customer_id
    WHERE c.open AND c.state = 'in_progress' AND p.email IS NOT NULL ORDER BY c.id LIMIT 1
"""
_ANSWER = """From: {sender}
To: {to}
Subject: Re: Your message
Message-ID: <demo-answer@mail.example>

It is the left seam, about two centimetres. I can send a photo.

On Monday the shop wrote:
> Could you tell me more?
"""
_STRANGER = """From: Somebody New <new@mail.example>
To: care@juniper-moon.example
Subject: Do you ship to Macau?
Message-ID: <demo-stranger@mail.example>

Hello, I have not bought anything yet. Do you ship to Macau, and how long does it take?
"""


async def set_up(by: UUID, now: datetime) -> None:
    """Customers answer by mail and hear of trouble first, since some weeks."""
    wanted = Contact(reply_address=ADDRESS, late_after_days=1, silent_after_days=5, stock_gone=True)
    await change(wanted, by, now - SINCE)


async def arrive(merchant_id: UUID, began_at: datetime) -> None:
    """Say it, once however often it is called."""
    async with db.transaction(merchant_id):
        orders = [row["external_id"] for row in await db.fetch(_WAITED_FOR, LATE)]
        await ingest([_parcel(order, began_at) for order in orders], clock.now())
        asked = await db.fetchrow(_ASKED)
        if asked:
            to = reply_address(ADDRESS, asked["reply_token"])
            await inbound.receive(read(_ANSWER.format(sender=asked["email"], to=to).encode()), clock.now())
        await inbound.receive(read(_STRANGER.encode()), clock.now())


def _parcel(order: str, began_at: datetime) -> Event:
    promised = began_at - timedelta(days=2)
    data = {"order_id": order, "tracking": f"JM{order}", "carrier": "Harbour Post"}
    return Event(
        id=f"demo:shipment.created:{order}",
        source="/demo/carriers",
        type="shipment.created",
        time=began_at - timedelta(days=4),
        subject=order,
        data=data | {"promised_at": promised.isoformat()},
    )
