"""Rewards and vouchers as Piccolo tables; the schema is in the migrations."""

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.column_types import JSONB
from piccolo.table import Table

from core.db import DB


class Reward(Table, tablename="rewards", db=DB):
    """Something points buy. `stock` None: without limit."""

    id = UUID(primary_key=True)
    merchant_id = UUID(required=True)
    code = Text(required=True)
    name = JSONB()
    description = JSONB()
    cost_points = BigInt(required=True)
    stock = Integer(null=True, default=None)
    active = Boolean(default=True)


class Voucher(Table, tablename="vouchers", db=DB):
    """A code that one redemption paid for."""

    id = UUID(primary_key=True)
    merchant_id = UUID(required=True)
    code = Text(required=True)
    reward_id = ForeignKey(Reward, null=False)
    member_id = UUID(required=True)
    journal_id = UUID(required=True)
    state = Text(required=True)
    issued_at = Timestamptz(default=None)
    used_at = Timestamptz(null=True, default=None)
