"""What the studio's page about wallets is rendered from; see views."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.design.change_views import Back


@dataclass(frozen=True)
class WalletCard:
    """A wallet with its rules as sentences of the reader's language."""

    code: str
    name: str
    rules: tuple[str, ...]
    version: int
    since: datetime
    earns_on_orders: bool


@dataclass(frozen=True)
class WalletForm:
    """Fields as typed. `code`: of the wallet whose rules change; empty: a new one is made."""

    key: str
    """Empty: the reader may not change anything."""
    code: str
    fields: Mapping[str, str]
    problem: str = ""


@dataclass(frozen=True)
class WalletVersion:
    number: int
    since: datetime
    by: str
    rules: tuple[str, ...]
    back: Back | None = None


@dataclass(frozen=True)
class Wallets:
    """`staff/wallets.html`: all wallets, or with `chosen` one of them with its versions."""

    wallets: tuple[WalletCard, ...]
    form: WalletForm
    chosen: WalletCard | None = None
    versions: tuple[WalletVersion, ...] = ()
