"""A customer says how their case went, from its page."""

from typing import Any
from uuid import UUID

from litestar import post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from api.forms import KeyedForm
from api.pages import see_other
from api.portal.common import Customer
from core import clock, db
from reviews.surveys import service as surveys


@post("/cases/{case_id:uuid}/survey", status_code=303)
async def rate(request: Customer, case_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]) -> Redirect:
    """Open the survey of a resolved case; twice opens the same one. Raises CaseUnfit."""
    user: Any = request.user
    async with db.transaction(user.merchant_id):
        # Not kept with the form's key: what opens a survey is kept nowhere.
        return see_other(await surveys.make("resolution", user.profile.id, case_id, clock.now()))


handlers = [rate]
