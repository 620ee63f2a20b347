"""What each role may do: one table that people can read."""

from typing import Literal, get_args

Role = Literal["owner", "marketer", "community_manager", "agent", "auditor"]
ROLES: tuple[Role, ...] = get_args(Role)

PERMISSIONS: dict[str, tuple[Role, ...]] = {
    "inbox.read": ("owner", "marketer", "community_manager", "agent", "auditor"),
    "inbox.reply": ("owner", "community_manager", "agent"),
    "inbox.goodwill": ("owner", "community_manager", "agent"),
    "inbox.assign": ("owner", "community_manager"),
    "inbox.settings": ("owner", "community_manager"),
    "inbox.approve": ("owner", "community_manager"),
    "customers.email": ("owner", "community_manager", "agent"),
    "reviews.import": ("owner", "community_manager"),
    "reviews.moderate": ("owner", "community_manager", "agent"),
    "reviews.settings": ("owner", "community_manager"),
    "sources.manage": ("owner", "community_manager"),
    "studio.read": ("owner", "marketer", "community_manager", "auditor"),
    "studio.publish": ("owner", "marketer"),
    "changes.policy": ("owner",),
    "tiers.override": ("owner", "marketer", "community_manager"),
    "programme.edit": ("owner", "marketer"),
    "members.read": ("owner", "marketer", "community_manager", "agent", "auditor"),
    "people.data": ("owner", "community_manager"),
    "audit.read": ("owner", "auditor"),
    "adjustments.ask": ("owner", "marketer", "community_manager", "agent"),
    "adjustments.decide": ("owner", "marketer"),
    "adjustments.limit": ("owner",),
    "liability.close": ("owner",),
    "mails.read": ("owner", "community_manager"),
    "parked.read": ("owner", "auditor"),
    "parked.retry": ("owner",),
    "staff.manage": ("owner",),
    "keys.manage": ("owner",),
    "backoffice.repair": ("owner",),
    "webhooks.read": ("owner", "auditor"),
    "webhooks.manage": ("owner",),
}


def permissions_of(role: str) -> frozenset[str]:
    """The permissions of a role; none for a role that does not exist."""
    return frozenset(name for name, roles in PERMISSIONS.items() if role in roles)
