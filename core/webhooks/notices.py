"""Tell the owners that an endpoint gets nothing any more."""

from datetime import datetime

from core import db, tenancy
from core.design.formats import formats
from core.i18n import negotiate, translator
from core.mail import service as mail
from core.settings import settings
from core.webhooks import queries

PATH = "/staff/webhooks"


async def tell_owners(url: str, because: str, since: datetime, now: datetime) -> None:
    """One mail to each owner, in the open transaction. `because`: gone or failing."""
    zone = (await tenancy.shop()).time_zone
    for row in await db.fetch(queries.OWNERS):
        locale = negotiate("", row["locale"])
        words, when = translator(locale), formats(locale).date_time(since, zone)
        reason = words.gettext("It answered that it is gone for good (410).")
        if because == "failing":
            reason = words.gettext("It has taken nothing since %(moment)s.", moment=when)
        said = [
            words.gettext("Hello %(name)s,", name=row["name"]),
            words.gettext("Nothing more is sent to the webhook endpoint %(url)s.", url=url),
            reason,
            words.gettext(
                "What happens meanwhile is kept for 30 days: switch it on again, and send all again:"
            )
            + f"\n{settings().public_url}{PATH}",
        ]
        subject = words.gettext("A webhook endpoint was switched off")
        await mail.send("webhook_disabled", row["email"], locale, subject, "\n\n".join(said) + "\n", now)
