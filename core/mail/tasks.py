"""What follows a mail that was written."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

from core import outbox
from core.mail import service, smtp, store
from core.settings import settings


@outbox.handles(service.TOPIC)
@outbox.handles(service.TOPIC_BULK, size=5, turn=outbox.Turn.BULK)
async def send(payload: dict[str, Any], now: datetime) -> None:
    """Hand a mail to the mail server. Should the commit fail after that, it goes out once more."""
    mail = await service.get(UUID(payload["mail_id"]))
    await asyncio.to_thread(smtp.deliver, mail, settings().smtp_url, settings().mail_from)
    await store.mark_sent(mail.id, now)
