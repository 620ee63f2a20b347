"""The application without its guards, served for guard.cost alone.

The same code, with three things taken out from here: idempotency keys, who gave the points, and (in the
database, see without_policies) row-level security. Nothing of the application knows that this can be done.
"""

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from unittest.mock import patch
from uuid import UUID

from admin import serve
from api.app import App
from api.v1 import earns
from core import db
from core.idempotency import Asked, EffectOfEach, Outcome
from core.settings import settings
from loyalty.giving import service as giving
from loyalty.ledger import Earn
from tests.benchmarks.rig import Database

COMMAND = (sys.executable, "-m", "tests.benchmarks.unguarded")


async def _each(
    merchant_id: UUID, asked: Sequence[Asked], effect: EffectOfEach, now: datetime
) -> list[Outcome]:
    """Instead of once_each(): the effect alone."""
    async with db.transaction(merchant_id):
        return list(await effect(range(len(asked))))


def _unsigned(**fields: Any) -> Earn:
    """Instead of Earn(): nobody is named."""
    reason = {name: value for name, value in fields.pop("reason").items() if name != "actor"}
    return Earn(reason=reason, **fields)


def create() -> App:
    """The application; granian calls this."""
    patch.object(earns, "once_each", _each).start()
    patch.object(giving, "Earn", _unsigned).start()
    return serve.create()


def without_policies(database: Database) -> None:
    """Switch row-level security off in a database that is a copy for this purpose."""
    database.execute(
        """
        DO $$ DECLARE t regclass; BEGIN
            FOR t IN SELECT oid FROM pg_class WHERE relrowsecurity LOOP
                EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', t);
            END LOOP;
        END $$
        """
    )


if __name__ == "__main__":
    serve.serve(settings(), workers=1, application="tests.benchmarks.unguarded:create")
