"""Take one of what there is, and give it back: units of the stock, codes of a pool."""

from uuid import UUID

from core import db
from loyalty.rewards import codes, queries
from loyalty.rewards.catalogue import RewardView
from loyalty.rewards.errors import CodePoolEmpty, RewardSoldOut

PARTS = 8
"""Of a counted reward's stock: so many members can take one at once."""


async def take_unit(reward: RewardView, voucher_id: UUID) -> None:
    """One of the stock, if it is counted. Raises RewardSoldOut."""
    part = voucher_id.int % PARTS
    for statement in (queries.TAKE_QUICKLY, queries.TAKE):
        if await _take(statement, reward.id, part):
            return
    if await db.fetchval(queries.COUNTED, reward.id):
        raise RewardSoldOut()


async def give_unit_back(reward_id: UUID, voucher_id: UUID) -> None:
    """To the stock, if it is counted by now."""
    await db.execute(queries.GIVE_BACK, reward_id, voucher_id.int % PARTS)


async def put_code_by(reward: RewardView, voucher_id: UUID) -> None:
    """A code of the reward's pool for a voucher that nobody may see yet. Raises CodePoolEmpty."""
    if reward.pool is None:
        return
    for statement in (queries.TAKE_CODE_QUICKLY, queries.TAKE_CODE):
        if await _take(statement, reward.pool, voucher_id):
            return
    raise CodePoolEmpty()


async def code_of(voucher_id: UUID) -> str:
    """The code that was put by for a voucher, or one made up."""
    return str(await db.fetchval(queries.CODE_PUT_BY, voucher_id) or codes.made_up())


async def free_code(voucher_id: UUID) -> None:
    """What was put by and nobody has seen is free again."""
    await db.execute(queries.FREE_CODE, voucher_id)


class _Nothing(Exception):
    """A look found nothing."""


async def _take(statement: str, *args: object) -> bool:
    """Whether a statement takes something. If not, the rows that it looked at are free for others again.

    A row that was taken by somebody else a moment ago stays locked by whoever looks at it. Two who keep such
    rows, each in an order of their own, and go on to look without haste, would wait for each other.
    """
    try:
        async with db.savepoint():
            if await db.fetchval(statement, *args) is None:
                raise _Nothing
    except _Nothing:
        return False
    return True
