"""Who somebody is, and what is theirs; everything runs in the open transaction of the merchant."""

from uuid import UUID

from core import db
from core.people.personal.model import Person

# Somebody and all who were merged into them: the survivor stands for them, so it is one person.
CUSTOMERS = """
SELECT id, external_id FROM customers WHERE id = $1
UNION SELECT id, external_id FROM customers WHERE merged_into = $1 ORDER BY 1
"""
# What is whose, by name; $1 the customers. Tables of packages above are named, not imported.
THEIRS = {
    "members": "SELECT id FROM members WHERE customer_id = ANY ($1::uuid[])",
    "accounts": "SELECT a.id FROM ledger_accounts a JOIN members m ON m.id = a.member_id"
    " WHERE m.customer_id = ANY ($1::uuid[])",
    "orders": "SELECT id FROM orders WHERE customer_id = ANY ($1::uuid[])",
    "order_words": "SELECT external_id AS id FROM orders WHERE customer_id = ANY ($1::uuid[])",
    "reviews": "SELECT id FROM reviews WHERE customer_id = ANY ($1::uuid[])",
    "cases": "SELECT id FROM cases WHERE customer_id = ANY ($1::uuid[])",
    "chats": "SELECT id FROM case_chats WHERE customer_id = ANY ($1::uuid[])",
    "surveys": "SELECT id FROM case_surveys WHERE customer_id = ANY ($1::uuid[])",
}


async def person(customer_id: UUID) -> Person | None:
    """The person; None: there is no such customer."""
    rows = await db.fetch(CUSTOMERS, customer_id)
    if not rows:
        return None
    ids = [row["id"] for row in rows]
    theirs = {
        name: tuple(row["id"] for row in await db.fetch(sql + " ORDER BY 1", ids))
        for name, sql in THEIRS.items()
    }
    return Person(tuple(ids), tuple(row["external_id"] for row in rows), **theirs)


async def customer(external_id: str) -> UUID | None:
    """Who has this number of the shop's now: whoever stands for them."""
    found = await db.fetchval(
        "SELECT CASE WHEN merged_into IS NULL THEN id ELSE merged_into END FROM customers"
        " WHERE external_id = $1",
        external_id,
    )
    return UUID(str(found)) if found else None
