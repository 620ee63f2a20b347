"""What the page about the demo is rendered from; see views."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoSource:
    name: str
    used_for: str
    """In the reader's language."""
    licence: str
    href: str


@dataclass(frozen=True)
class DemoStore:
    name: str
    languages: tuple[str, ...]
    members: int
    reviews: int


@dataclass(frozen=True)
class Demo:
    """`staff/demo.html`."""

    stores: tuple[DemoStore, ...]
    sources: tuple[DemoSource, ...]
    seed: int
    portal_href: str = "/portal/sign-in"
    example_email: str = ""
    """A customer to sign in as."""
