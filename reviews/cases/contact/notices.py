"""The messages about a case, as people read them."""

from uuid import UUID

import msgspec

from core import db
from core.design.formats import formats
from core.i18n import Translator, translator
from core.notifications import kinds
from core.notifications.model import Kind, Letter, Reader, Write
from reviews.cases.contact import letters

_CASE = """
    SELECT c.id, c.due_at, c.cause, c.review_id, s.name AS owner,
           coalesce(nullif(r.product_name, ''), r.product_sku, '') AS product, o.external_id AS order_word
    FROM cases c LEFT JOIN staff s ON s.id = c.owner_id LEFT JOIN reviews r ON r.id = c.review_id
    LEFT JOIN orders o ON o.id = c.order_id WHERE c.id = $1
"""
_MESSAGE = "SELECT body FROM case_messages WHERE id = $1 AND state = 'sent'"
_REMEDY = "SELECT kind, points, amount_minor, currency, message FROM case_remedies WHERE id = $1"


class AboutCase(msgspec.Struct, frozen=True):
    """Which case it is about; `of`: which message or remedy of it."""

    case: UUID
    of: UUID | None = None


async def _opened(told: AboutCase, reader: Reader) -> Letter | None:
    case, say = await _case(told), translator(reader.locale)
    if case is None:
        return None
    if case["review_id"]:
        about = case["product"] or reader.shop
        read = say.gettext(
            "Your review of %(about)s says that something was not right. We have read it.", about=about
        )
        said = [read]
        subject = say.gettext("We have read your review")
    else:
        said = [say.gettext("Your message has reached us.")]
        subject = say.gettext("Your message has reached %(shop)s", shop=reader.shop)
    if case["owner"]:
        said.append(say.gettext("%(name)s looks after it.", name=case["owner"]))
    return await letters.letter(told.case, subject, [*said, *_promise(case, reader, say)], reader)


async def _taken(told: AboutCase, reader: Reader) -> Letter | None:
    case, say = await _case(told), translator(reader.locale)
    if case is None or not case["owner"]:
        return None
    subject = say.gettext("%(name)s looks after your matter", name=case["owner"])
    said = [say.gettext("%(name)s looks after it from now on.", name=case["owner"])]
    return await letters.letter(told.case, subject, [*said, *_promise(case, reader, say)], reader)


async def _answered(told: AboutCase, reader: Reader) -> Letter | None:
    body = await db.fetchval(_MESSAGE, told.of)
    if not body:
        return None
    say = translator(reader.locale)
    subject = say.gettext("%(shop)s has answered your review", shop=reader.shop)
    more = say.gettext("If something is still not right, answer and we take it up again.")
    return await letters.letter(told.case, subject, [body, more], reader)


async def _remedy(told: AboutCase, reader: Reader) -> Letter | None:
    row = await db.fetchrow(_REMEDY, told.of)
    if row is None:
        return None
    say, shown = translator(reader.locale), formats(reader.locale)
    if row["kind"] == "points":
        what = say.gettext("You have received %(points)s.", points=shown.points(row["points"]))
    elif row["kind"] == "voucher":
        what = say.gettext("You have received a voucher; it is among your rewards.")
    elif row["kind"] == "refund":
        amount = shown.money(row["amount_minor"], row["currency"])
        what = say.gettext("We pay back %(amount)s.", amount=amount)
    else:
        what = say.gettext("We send you a replacement.")
    subject = say.gettext("Something from %(shop)s for your trouble", shop=reader.shop)
    said = [what, row["message"]] if row["message"] else [what]
    return await letters.letter(told.case, subject, said, reader)


async def _resolved(told: AboutCase, reader: Reader) -> Letter | None:
    if await _case(told) is None:
        return None
    say = translator(reader.locale)
    subject = say.gettext("We think that this is settled")
    said = say.gettext("We believe that your matter with %(shop)s is settled.", shop=reader.shop)
    more = say.gettext("If it is not, answer: then we take it up again.")
    return await letters.letter(told.case, subject, [said, more], reader)


async def _case(told: AboutCase) -> db.Row | None:
    return await db.fetchrow(_CASE, told.case)


def _promise(case: db.Row, reader: Reader, say: Translator) -> list[str]:
    """Until when they hear from us, as the clocks have it."""
    if case["due_at"] is None or case["due_at"] <= reader.now:
        return []
    by = formats(reader.locale).date_time(case["due_at"], reader.time_zone)
    return [say.gettext("You hear from us by %(date)s.", date=by)]


def _kind(code: str, write: Write) -> Kind:
    return kinds.register(Kind(code=code, about="cases", values=AboutCase, write=write))


KINDS = (
    _kind("case_opened", _opened),
    _kind("case_taken", _taken),
    _kind("case_answered", _answered),
    _kind("case_remedy", _remedy),
    _kind("case_resolved", _resolved),
)
