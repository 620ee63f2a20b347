"""Tokens with which a shop's page shows its visitor's points."""

from datetime import datetime

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from api import member_token
from api.auth import Integrator, requires_scope
from api.openapi import problems
from core import clock, db
from loyalty.members import service as members


class MemberToken(msgspec.Struct, frozen=True, kw_only=True):
    """For the widget's `data-token`: it reads this member's points until `expires_at`, no more."""

    token: str
    expires_at: datetime


@get("/{customer_id:str}/widget-token", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def widget_token(
    customer_id: FromPath[str], user: NamedDependency[Integrator]
) -> Response[MemberToken]:
    """A token for a page that this customer sees, signed in at the shop. Never put it into an address."""
    now = clock.now()
    async with db.transaction(user.merchant_id):
        found = await members.find(customer_id)
    made = member_token.make(user.merchant_id, found.customer_id, now)
    return Response(MemberToken(token=made, expires_at=now + member_token.VALID))
