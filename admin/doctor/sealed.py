"""Are the keys those that have sealed what is in the database? Else nobody finds out before it is needed."""

from collections import Counter

import asyncpg

from admin.doctor.report import Finding, ok, problem
from core import resealing, vault
from core.settings import Settings

MERCHANTS = 50
"""Of more only the newest are looked at: a key is the same for all."""


async def look(connection: asyncpg.Connection, settings: Settings) -> Finding:
    """How much was sealed with a key that is not here; nothing is opened, since each value names its key."""
    try:
        names = _names(settings)
        unknown = await _unknown(connection, names)
    except (asyncpg.UndefinedFunctionError, asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError):
        return ok("sealed", "nothing is sealed yet")
    except (vault.KeyUnfit, OSError):
        return ok("sealed", "not looked at: the keys themselves are not in order")
    if unknown:
        told = ", ".join(f"{count} of {column}" for column, count in sorted(unknown.items()))
        return problem(
            "sealed",
            f"sealed with a key that is not here: {told}",
            "Add the key that was used before to REGULARS_ENCRYPTION_KEYS (of a restored backup: the one kept"
            " with it), or put its file back as encryption_key in the data folder.",
        )
    return ok("sealed", "the keys are here that have sealed what is in the database")


def _names(settings: Settings) -> frozenset[bytes]:
    """Of the keys; none where none was made yet."""
    given = settings.encryption_keys.get_secret_value().strip()
    return vault.vault().names if given or (settings.data_dir / vault.FILE_NAME).exists() else frozenset()


async def _unknown(connection: asyncpg.Connection, names: frozenset[bytes]) -> Counter[str]:
    """Values by column whose key is none of these."""
    found = Counter[str]()
    merchants = await connection.fetch("SELECT id FROM gate_merchants() ORDER BY id DESC LIMIT $1", MERCHANTS)
    try:
        for merchant in merchants:
            await connection.execute("SELECT set_config('app.merchant', $1, false)", str(merchant["id"]))
            for each in resealing.columns():
                count = await connection.fetchval(
                    f"SELECT count(*) FROM {each.table} WHERE {each.column} IS NOT NULL"
                    f" AND substr({each.column}, 1, {vault.NAME_BYTES}) <> ALL ($1::bytea[])",
                    sorted(names),
                )
                if count:
                    found[str(each)] += count
    finally:
        await connection.execute("RESET app.merchant")
    return found
