"""Which terms a cycle gets, and how they are kept for as long as it runs."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from core import db
from reviews.cases.targets import queries, rules
from reviews.cases.targets.rules import Subject, Terms


async def terms_for(subjects: Sequence[Subject]) -> list[Terms]:
    """What a cycle that begins now is promised, for each case, in the open transaction."""
    return [rules.SHIPPED[subject.urgent] for subject in subjects]


async def subject_of(case_id: UUID, urgent: bool) -> Subject:
    """What chooses the policy of a case that begins a new cycle: nothing of it is answered yet."""
    row = await db.fetchrow(queries.SUBJECT, case_id)
    assert row is not None
    return Subject(**row, urgent=urgent)


async def keep(wanted: Iterable[Terms], now: datetime) -> dict[Terms, UUID]:
    """The ids under which these terms are kept, made where they are new."""
    texts = {terms: msgspec.json.encode(terms) for terms in set(wanted)}
    prints = {terms: hashlib.sha256(text).digest() for terms, text in texts.items()}
    ordered = sorted(texts, key=lambda terms: prints[terms])
    await db.execute(
        queries.KEEP, db.merchant_id(), [prints[each] for each in ordered],
        [texts[each].decode() for each in ordered], now,
    )  # fmt: skip
    rows = await db.fetch(queries.KEPT, db.merchant_id(), list(prints.values()))
    ids = {bytes(row["fingerprint"]): row["id"] for row in rows}
    return {terms: ids[each] for terms, each in prints.items()}


def read(kept: str | None, urgent: bool = False) -> Terms:
    """Terms as they were kept; clocks from before that have those that were shipped."""
    return msgspec.json.decode(kept, type=Terms) if kept else rules.SHIPPED[urgent]
