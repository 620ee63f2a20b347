"""How the merchant writes to customers, and its own systems for text messages and push."""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from core import db
from core.errors import DomainError, Kind
from core.ids import new_id
from core.notifications import kinds, queries
from core.notifications.model import Channel, Settings
from core.outgoing import check_url
from core.resealing import SealedColumn
from core.settings import settings as installed
from core.vault import vault


class NotificationSettingsUnfit(DomainError):
    """A kind that there is not, or one that is not the merchant's to switch."""

    code = "notification_settings_unfit"
    kind = Kind.INVALID
    title = "There is no such kind of message to switch"


@dataclass(frozen=True)
class Gateway:
    """Where messages of a channel go, signed with `secret` (whsec_…)."""

    channel: Channel
    url: str
    secret: str


async def current() -> Settings:
    """Those of the merchant of the open transaction."""
    row = await db.fetchrow(queries.SETTINGS)
    if row is None:
        return Settings()
    return Settings(**(dict(row) | {"kinds": db.from_json(row["kinds"])}))


async def change(new: Settings, staff_id: UUID | None, now: datetime) -> None:
    """From now on; earlier settings stay on record. Raises NotificationSettingsUnfit."""
    known = kinds.all_kinds()
    if any(code not in known or not known[code].switch for code in new.kinds):
        raise NotificationSettingsUnfit()
    kept = {code: on for code, on in new.kinds.items() if on != known[code].shipped}
    new = msgspec.structs.replace(new, kinds=kept)
    if new != await current():
        told = (new.quiet_from, new.quiet_until, new.marketing_needs_consent, db.to_json(new.kinds))
        await db.execute(queries.ADD_SETTINGS, new_id(), *told, staff_id, now)


async def gateways() -> dict[Channel, Gateway]:
    """By channel; a channel without one does not exist for this merchant."""
    return {
        row["channel"]: Gateway(
            row["channel"], row["url"], vault().open(row["secret"], _place(row["channel"])).decode()
        )
        for row in await db.fetch(queries.GATEWAYS)
    }


async def gateway_urls() -> dict[Channel, str]:
    """Addresses by channel, without opening secrets."""
    return {row["channel"]: row["url"] for row in await db.fetch(queries.GATEWAYS)}


async def set_gateway(channel: Channel, url: str, now: datetime) -> str:
    """Set the address of a channel; answers the new secret, shown this once. Raises AddressRefused."""
    checked = check_url(url, installed().private_hosts)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    sealed = vault().seal(secret.encode(), _place(channel))
    await db.execute(queries.SET_GATEWAY, channel, checked, sealed, now)
    return secret


async def drop_gateway(channel: Channel) -> None:
    """The channel is not there any more; what waits for it fails."""
    await db.execute(queries.DROP_GATEWAY, channel)


def _place(channel: str) -> str:
    return f"notification_gateway {db.merchant_id()} {channel}"


SEALED = (SealedColumn("notification_gateways", "secret", "channel", lambda row: _place(row["channel"])),)
"""See core.resealing."""
