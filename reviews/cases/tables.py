"""Tables of cases that are written one row at a time; the DDL is reviews/migrations/0001_reviews.sql."""

from piccolo.columns import JSONB, UUID, Array, BigInt, Integer, Text, Timestamptz
from piccolo.table import Table

from core.db import DB


class CaseEvent(Table, tablename="case_events", db=DB):
    """Something that happened to a case. Append-only."""

    id = UUID(primary_key=True, default=None)
    merchant_id = UUID(default=None)
    case_id = UUID(default=None)
    cycle = Integer(default=None)
    kind = Text(default=None)
    actor = Text(default=None)
    staff_id = UUID(null=True, default=None)
    detail = JSONB(default=None)
    at = Timestamptz(default=None)


class CaseMessage(Table, tablename="case_messages", db=DB):
    """One message of a case's conversation, or a note."""

    id = UUID(primary_key=True, default=None)
    merchant_id = UUID(default=None)
    case_id = UUID(default=None)
    cycle = Integer(default=None)
    kind = Text(default=None)
    staff_id = UUID(null=True, default=None)
    body = Text(default=None)
    state = Text(null=True, default=None)
    failure = Text(null=True, default=None)
    created_at = Timestamptz(default=None)
    send_after = Timestamptz(null=True, default=None)
    review_id = UUID(null=True, default=None)
    sent_at = Timestamptz(null=True, default=None)
    review_version = Integer(null=True, default=None)
    channel = Text(default="portal")
    outcome = Text(null=True, default=None)
    attachments = Array(Text(), default=list)


class CaseRemedy(Table, tablename="case_remedies", db=DB):
    """What was given in a case. Append-only, and without a condition."""

    id = UUID(primary_key=True, default=None)
    merchant_id = UUID(default=None)
    case_id = UUID(default=None)
    cycle = Integer(default=None)
    staff_id = UUID(default=None)
    key = Text(default=None)
    kind = Text(default="points")
    points = BigInt(null=True, default=None)
    journal_id = UUID(null=True, default=None)
    voucher_id = UUID(null=True, default=None)
    amount_minor = BigInt(null=True, default=None)
    currency = Text(null=True, default=None)
    order_line = Text(default="")
    approved_by = UUID(null=True, default=None)
    message = Text(default=None)
    given_at = Timestamptz(default=None)
