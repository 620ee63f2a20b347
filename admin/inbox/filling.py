"""Something is put into a composer, behind what was typed already. Nothing is sent or kept."""

from typing import Any, Literal
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath, URLEncodedBody

from admin.inbox.forms import ReplyForm
from admin.inbox.pages import Staff, case_page
from admin.inbox.present import Refused
from api.auth import requires_permission
from core import clock, db
from reviews.cases import suggestions
from reviews.cases.suggestions import Channel
from reviews.cases.templates import service as templates


class FillForm(ReplyForm, forbid_unknown_fields=True, kw_only=True):
    """The composer as it is, and what goes in: `insert` names it, else the chosen template does."""

    insert: str = ""

    @property
    def key(self) -> str:
        """As reviews.cases.suggestions.text() takes it; "": nothing was chosen."""
        return self.insert or (f"template:{self.template}" if self.template else "")


@post("/cases/{case_id:uuid}/fill/{into:str}", guards=[requires_permission("inbox.reply")], status_code=200)
async def fill(
    request: Staff,
    case_id: FromPath[UUID],
    into: FromPath[Literal["reply", "message"]],
    data: URLEncodedBody[FillForm],
) -> Response[Any]:
    """The page of the case with the text in its composer. Raises NotFound."""
    now = clock.now()
    channel: Channel = "public" if into == "reply" else "private"
    text = data.plain
    if data.key:
        async with db.transaction(request.user.merchant_id):
            known = await templates.known(case_id, request.user.member.id)
            inserted = await suggestions.text(data.key, channel, known, case_id)
        text = f"{text.rstrip()}\n\n{inserted}" if text.strip() else inserted
    filled = Refused(into, "", False, typed={"text": text})
    return await case_page(request, case_id, now, data.within, filled)


handlers = [fill]
