"""From mails and parked work to what their pages show; pure."""

from collections.abc import Collection, Sequence

from core.design import operations_views
from core.i18n import Locale, translator
from core.ids import new_id
from core.mail.service import TOPIC, TOPIC_BULK, Mail
from core.outbox.parked import Parked

SECRET_KINDS = frozenset({"login_link", "staff_link"})
"""Mails whose text lets whoever reads it in as somebody else."""


def failed(parked: Sequence[Parked]) -> frozenset[str]:
    """Ids of the mails that could not be sent."""
    return frozenset(str(item.payload["mail_id"]) for item in parked if item.topic in (TOPIC, TOPIC_BULK))


def mails(
    found: Sequence[Mail],
    chosen: operations_views.Mail | None,
    failures: Collection[str],
    sends: bool,
    full: bool,
) -> operations_views.Mails:
    """The list; `sends`: a mail server is set, `full`: whole addresses are for this reader."""
    rows = tuple(
        operations_views.MailRow(
            id=str(mail.id),
            href=f"/staff/mails/{mail.id}",
            to=address(mail.to_address, full),
            subject=mail.subject,
            at=mail.created_at,
            state=_state(mail, failures, sends),
            language=mail.locale,
        )
        for mail in found
    )
    return operations_views.Mails(rows=rows, mail=chosen)


def mail(
    found: Mail, sender: str, failures: Collection[str], sends: bool, full: bool, owner: bool, locale: Locale
) -> operations_views.Mail:
    """One mail. With a mail server, a text that signs somebody in is for its recipient alone.

    Without one an owner hands staff their links over.
    """
    hidden = found.kind in SECRET_KINDS and (sends or (found.kind == "staff_link" and not owner))
    text = translator(locale).gettext("This mail signs its recipient in. It is not shown here.")
    return operations_views.Mail(
        to=address(found.to_address, full),
        sender=sender,
        subject=found.subject,
        at=found.created_at,
        state=_state(found, failures, sends),
        text=text if hidden else found.body,
        language=locale if hidden else found.locale,
    )


def address(email: str, full: bool) -> str:
    """The address, or only where it is for roles that may not know it."""
    return email if full else "…@" + email.rpartition("@")[2]


def parked(items: Sequence[Parked], may_retry: bool) -> operations_views.Parked:
    """What waits for somebody."""
    return operations_views.Parked(
        tuple(
            operations_views.ParkedItem(
                id=str(item.id),
                topic=item.topic,
                error=item.last_error,
                attempts=item.attempts,
                parked_at=item.parked_at,
                retry_key=str(new_id()) if may_retry else "",
            )
            for item in items
        )
    )


def _state(found: Mail, failures: Collection[str], sends: bool) -> str:
    if found.sent_at:
        return "sent"
    if str(found.id) in failures:
        return "failed"
    return "queued" if sends else "kept"
