"""The application without its guards, served for guard.cost alone.

The same code, with three things taken out from here: idempotency keys, who gave the points, and (in the
database, see Database.without_policies) row-level security. The application does not know of it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from unittest.mock import patch
from uuid import UUID

import msgspec

from admin import serve
from api.app import App
from api.v1 import earns
from core import db
from core.errors import DomainError
from core.idempotency import Asked, EffectOfEach, Outcome
from core.settings import settings
from loyalty.giving import service as giving
from loyalty.ledger import Earn


async def _each(
    merchant_id: UUID, asked: Sequence[Asked], effect: EffectOfEach, now: datetime
) -> list[Outcome]:
    """Instead of once_each(): the effect alone."""
    async with db.transaction(merchant_id):
        return list(await effect(range(len(asked))))


_signed = giving._earn


def _unsigned(*arguments: Any) -> Earn | DomainError:
    """Instead of _earn(): nobody is named."""
    earn = _signed(*arguments)
    if not isinstance(earn, Earn):
        return earn
    reason = {name: value for name, value in earn.reason.items() if name != "actor"}
    return msgspec.structs.replace(earn, reason=reason)


def create() -> App:
    """The application; granian calls this."""
    patch.object(earns, "once_each", _each).start()
    patch.object(giving, "_earn", _unsigned).start()
    return serve.create()


if __name__ == "__main__":
    serve.serve(settings(), workers=1, application="tests.benchmarks.unguarded:create")
