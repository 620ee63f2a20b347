"""What a customer reads when we see trouble with their order first."""

from datetime import datetime
from uuid import UUID

import msgspec

from core import db
from core.design.formats import formats
from core.i18n import translator
from core.notifications import kinds
from core.notifications.model import Kind, Letter, Reader
from reviews.cases.care import queries
from reviews.cases.contact import letters


class Trouble(msgspec.Struct, frozen=True):
    """What is wrong with an order; `at`: the promised day, or the last sign of the parcel."""

    order: UUID
    reason: str
    at: datetime
    carrier: str = ""
    product: str = ""


async def _write(told: Trouble, reader: Reader) -> Letter | None:
    row = await db.fetchrow(queries.STILL, told.order, told.reason)
    if row is None:
        return None
    say, shown = translator(reader.locale), formats(reader.locale)
    order, day = row["order_word"], shown.date(told.at, reader.time_zone)
    if told.reason == "late_promise":
        subject = say.gettext("Your order %(order)s is late", order=order)
        what = say.gettext(
            "Your order %(order)s should have been with you by %(date)s.", order=order, date=day
        )
    elif told.reason == "silent_carrier":
        subject = say.gettext("We are looking for your order %(order)s", order=order)
        what = say.gettext("Since %(date)s there is no sign of your order %(order)s.", order=order, date=day)
        if told.carrier:
            what = say.gettext(
                "Since %(date)s %(carrier)s has given no sign of your order %(order)s.",
                order=order, date=day, carrier=told.carrier,
            )  # fmt: skip
    else:
        subject = say.gettext("About your order %(order)s", order=order)
        what = say.gettext(
            "%(product)s of your order %(order)s is no longer in stock, although you have paid for it."
            " We are sorry.",
            order=order, product=told.product,
        )  # fmt: skip
    said = [what, say.gettext("You need do nothing: we look into it and write to you.")]
    if row["owner"]:
        said.append(say.gettext("%(name)s looks after it.", name=row["owner"]))
    if row["due_at"] is not None and row["due_at"] > reader.now:
        by = shown.date_time(row["due_at"], reader.time_zone)
        said.append(say.gettext("You hear from us by %(date)s.", date=by))
    return await letters.letter(row["case_id"], subject, said, reader)


KINDS = tuple(
    kinds.register(Kind(code=f"care_{reason}", about="orders", values=Trouble, write=_write))
    for reason in ("late_promise", "silent_carrier", "stock_gone")
)
