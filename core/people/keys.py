"""A key for each person: what is sealed under it can be read by nobody once the key is destroyed.

The key itself is sealed by the key of the installation (core.vault). An erasure destroys it; what was
sealed under it is then lost in every copy, so long as the copy of the key is destroyed too, for which
core.people.erasure.replay sees after a restore.
"""

import secrets
from collections.abc import Iterable
from uuid import UUID

from core import db
from core.errors import DomainError, Kind
from core.resealing import SealedColumn
from core.vault import KEY_BYTES, Vault, vault

_KNOWN = "SELECT customer_id, sealed_key FROM person_keys WHERE customer_id = ANY ($1::uuid[])"
_MADE = """
INSERT INTO person_keys (customer_id, merchant_id, sealed_key) VALUES ($1, current_merchant(), $2)
ON CONFLICT (customer_id) DO NOTHING
"""


class PersonErased(DomainError):
    """Their key was destroyed."""

    code = "person_erased"
    kind = Kind.NOT_FOUND
    title = "This person was erased"


async def of(customer_id: UUID) -> Vault:
    """What seals and opens for one person, made when first needed, in the open transaction.

    Raises PersonErased, or core.vault.Sealed where the installation's key is another.
    """
    found = await known([customer_id])
    if not found:
        # Of two that come at once one makes it, both read the same.
        fresh = vault().seal(secrets.token_bytes(KEY_BYTES), _place(customer_id))
        await db.execute(_MADE, customer_id, fresh)
        found = await known([customer_id])
    opened = found[customer_id]
    if opened is None:
        raise PersonErased()
    return opened


async def known(customer_ids: Iterable[UUID]) -> dict[UUID, Vault | None]:
    """The same for many, of whom have one; None: theirs was destroyed."""
    rows = await db.fetch(_KNOWN, list(customer_ids))
    return {row["customer_id"]: _opened(row["customer_id"], row["sealed_key"]) for row in rows}


def _opened(customer_id: UUID, sealed: bytes | None) -> Vault | None:
    return None if sealed is None else Vault([vault().open(bytes(sealed), _place(customer_id))])


def _place(customer_id: UUID) -> str:
    return f"person {customer_id}"


SEALED = (SealedColumn("person_keys", "sealed_key", "customer_id", lambda row: _place(row["customer_id"])),)
"""See core.resealing. What is sealed under a person's own key stays as it is."""
