"""API keys proved a moment ago, so that a busy program is not looked up for each of its requests.

Of this process alone. A key that is revoked here ends at once; one that is revoked elsewhere (another
process, the command line) opens this process for at most REMEMBERED longer.
"""

from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar
from uuid import UUID

REMEMBERED = timedelta(seconds=5)
LIMIT = 10_000


class HasId(Protocol):
    """What a key opens."""

    @property
    def id(self) -> UUID: ...


K = TypeVar("K", bound=HasId)


class RecentKeys(Generic[K]):
    """By the digest of the whole key, what it opened and when that was looked up."""

    def __init__(self) -> None:
        self._found: dict[bytes, tuple[K, datetime]] = {}
        self._revoked: dict[UUID, datetime] = {}

    def get(self, digest: bytes, now: datetime) -> K | None:
        """What the key opened within the last moment."""
        found, at = self._found.get(digest, (None, now))
        return found if _fresh(at, now) else None

    def put(self, digest: bytes, found: K, now: datetime) -> None:
        """Remember; but not what was just revoked, whose transaction may not have ended when it was read."""
        if len(self._found) >= LIMIT:
            self._found.clear()
        if not _fresh(self._revoked.get(found.id), now):
            self._found[digest] = (found, now)

    def forget(self, key_id: UUID, now: datetime) -> None:
        """A key is being revoked."""
        self._revoked = {key: at for key, at in self._revoked.items() if _fresh(at, now)} | {key_id: now}
        self._found = {digest: kept for digest, kept in self._found.items() if kept[0].id != key_id}


def _fresh(at: datetime | None, now: datetime) -> bool:
    """A clock that was set back makes nothing last longer."""
    return at is not None and timedelta() <= now - at < REMEMBERED
