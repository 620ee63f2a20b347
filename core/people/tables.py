"""Tables of people and of what they sign in with; the DDL is core/migrations/0001_core.sql and on."""

from piccolo.columns import UUID, Array, BigInt, Boolean, Bytea, Text, Timestamptz
from piccolo.table import Table

from core.db import DB


class Customer(Table, tablename="customers", db=DB):
    """A person or guest of the shop, by the shop's own id; what identifies them is in customer_profiles."""

    id = UUID(primary_key=True, default=None)
    merchant_id = UUID(default=None)
    external_id = Text(default=None)
    created_at = Timestamptz(default=None)
    deleted_at = Timestamptz(null=True, default=None)
    merged_into = UUID(null=True, default=None)


class Staff(Table, tablename="staff", db=DB):
    """Somebody who works for the merchant."""

    id = UUID(primary_key=True, default=None)
    merchant_id = UUID(default=None)
    email = Text(default=None)
    name = Text(default=None)
    role = Text(default=None)
    locale = Text(default="en")
    password_hash = Text(default=None, secret=True)
    goodwill_limit_points = BigInt(default=0)
    created_at = Timestamptz(default=None)
    password_set_at = Timestamptz(null=True, default=None)
    disabled_at = Timestamptz(null=True, default=None)


class Session(Table, tablename="sessions", db=DB):
    """A signed-in browser, of a member of staff or of a customer."""

    id = UUID(primary_key=True, default=None)
    merchant_id = UUID(default=None)
    token_hash = Bytea(default=None, secret=True)
    staff_id = UUID(null=True, default=None)
    customer_id = UUID(null=True, default=None)
    via = Text(default="")
    device = Text(default="")
    half = Boolean(default=False)
    created_at = Timestamptz(default=None)
    seen_at = Timestamptz(default=None)
    idle_until = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    revoked_at = Timestamptz(null=True, default=None)


class LoginLink(Table, tablename="login_links", db=DB):
    """A link that signs a customer in once."""

    token_hash = Bytea(primary_key=True, default=None, secret=True)
    merchant_id = UUID(default=None)
    customer_id = UUID(default=None)
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    used_at = Timestamptz(null=True, default=None)


class ApiKey(Table, tablename="api_keys", db=DB):
    """What an integrator's program signs in with."""

    id = UUID(primary_key=True, default=None)
    merchant_id = UUID(default=None)
    name = Text(default=None)
    prefix = Text(default=None)
    secret_hash = Bytea(default=None, secret=True)
    scopes = Array(Text(), default=list)
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(null=True, default=None)
    last_used_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)


class WebhookSource(Table, tablename="webhook_sources", db=DB):
    """A system that sends us signed events."""

    id = UUID(primary_key=True, default=None)
    merchant_id = UUID(default=None)
    name = Text(default=None)
    sealed = Bytea(null=True, default=None, secret=True)
    created_at = Timestamptz(default=None)
    revoked_at = Timestamptz(null=True, default=None)
