"""A route that is to go says so: `opt={DEPRECATED: Deprecation(...)}`; its answers say it, too."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

DEPRECATED = "deprecated"


@dataclass(frozen=True)
class Deprecation:
    """`since`: it works, but should not be used; `sunset`: it may be gone. Both in UTC."""

    since: datetime
    sunset: datetime
    instead: str
    """The path to use in its place."""

    @property
    def says(self) -> str:
        """In words, for the documentation."""
        return f"Deprecated: use {self.instead}. It goes on {self.sunset:%d %B %Y}."

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Deprecation (RFC 9745), Sunset (RFC 8594) and where its successor is (RFC 5829)."""
        return [
            (b"deprecation", f"@{int(self.since.timestamp())}".encode()),
            (b"sunset", format_datetime(self.sunset, usegmt=True).encode()),
            (b"link", f'<{self.instead}>; rel="successor-version"'.encode()),
        ]


def deprecation_of(handler: Any) -> Deprecation | None:
    """What a route's option says."""
    found = getattr(handler, "opt", {}).get(DEPRECATED)
    return found if isinstance(found, Deprecation) else None
