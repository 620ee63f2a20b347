"""Who asks: an integrator's program by its key, one of the staff or a customer by their session.

Found by a middleware, in transactions that have ended before the handler runs: one that a dependency
opened would not be seen by the handler. Guards are coroutines, since Litestar runs plain functions in a
thread each.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Guard, Receive, Scope, Send

from api.cookies import given, session_cookies
from api.keys import expect_key
from api.requests import Connection, header, is_program, request_id
from core import clock, db, tenancy
from core.audit.acting import Actor, acting
from core.audit.acting import Kind as ActorKind
from core.errors import DomainError, Kind
from core.people import api_keys, customers, sessions, staff
from core.people.roles import PERMISSIONS, permissions_of

EVENTS = ("/v1/events", "/v1/events/batch")
"""Where programs tell what happened, by the thousand: history by itself, and no deed of theirs."""


class KeyNeeded(DomainError):
    """No API key came with the request, or one that is not valid: never told apart from revoked."""

    code = "api_key_invalid"
    kind = Kind.UNAUTHENTICATED
    title = "A valid API key is needed"


class ScopeMissing(DomainError):
    """The key is valid, but not for this."""

    code = "scope_missing"
    kind = Kind.FORBIDDEN
    title = "The API key lacks a scope"


class SignInNeeded(DomainError):
    """Nobody is signed in, or somebody else than who is asked for."""

    code = "sign_in_needed"
    kind = Kind.UNAUTHENTICATED
    title = "Please sign in"


class SecondFactorNeeded(DomainError):
    """The password was right; a second factor has to be shown (`step` is "code") or set up ("enrol")."""

    code = "second_factor_needed"
    kind = Kind.UNAUTHENTICATED
    title = "A second factor is needed"


class PermissionMissing(DomainError):
    """The role does not have the permission."""

    code = "permission_missing"
    kind = Kind.FORBIDDEN
    title = "Your role does not allow this"


@dataclass(frozen=True)
class Integrator:
    """A program with an API key."""

    merchant_id: UUID
    key_id: UUID
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        """Who it is, in idempotency keys and records."""
        return f"key:{self.key_id}"


@dataclass(frozen=True)
class StaffUser:
    """One of the staff, signed in."""

    member: staff.StaffMember
    session: sessions.Found
    shop: tenancy.Shop
    permissions: frozenset[str]

    @property
    def merchant_id(self) -> UUID:
        """Whose rows this person may see."""
        return self.member.merchant_id

    @property
    def actor(self) -> str:
        """Who it is, in idempotency keys and records."""
        return f"staff:{self.member.id}"

    @property
    def name(self) -> str:
        """How pages greet them."""
        return self.member.name

    @property
    def locale(self) -> str:
        """Their own language."""
        return self.member.locale


@dataclass(frozen=True)
class CustomerUser:
    """A customer, signed in."""

    profile: customers.Profile
    session: sessions.Found
    shop: tenancy.Shop

    @property
    def merchant_id(self) -> UUID:
        """Whose rows this person may see."""
        return self.session.merchant_id

    @property
    def actor(self) -> str:
        """Who it is, in idempotency keys and records."""
        return f"customer:{self.profile.id}"

    @property
    def name(self) -> str:
        """How pages greet them."""
        return self.profile.name or self.profile.email

    @property
    def locale(self) -> str:
        """Their own language."""
        return self.profile.locale


Step = Literal["code", "enrol"]


@dataclass(frozen=True)
class HalfWay:
    """One of the staff who has a step more to take before anything opens: no `request.user` yet."""

    user: StaffUser
    step: Step


Person = StaffUser | CustomerUser
_HALF_WAY = "half_way"


class AuthMiddleware(ASGIMiddleware):
    """Sets `request.user` to who asks, or None. Keys open /v1 alone, sessions open everything but that."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Raises KeyNeeded for a key that is not valid; a session that is not valid counts as none."""
        scope["auth"] = None
        scope["user"] = None
        if is_program(scope):
            scope["user"] = await _integrator(header(scope, b"authorization") or "")
        elif not scope["path"].startswith("/static/"):
            await _recognise(scope)
        actor = _actor(scope)
        with acting(actor) if actor else nullcontext():
            await next_app(scope, receive, send)


@dataclass(frozen=True)
class RequiresScope:
    """A guard: a write brings an idempotency key, and an integrator has a key with this scope."""

    scope: str

    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        """Raises RequestRefused, KeyNeeded or ScopeMissing."""
        expect_key(connection, handler)
        if not isinstance(connection.user, Integrator):
            raise KeyNeeded()
        if self.scope not in connection.user.scopes:
            raise ScopeMissing(f"this needs {self.scope}")


@dataclass(frozen=True)
class RequiresPermission:
    """A guard: staff whose role has this permission."""

    permission: str

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """Raises SignInNeeded, SecondFactorNeeded or PermissionMissing."""
        if self.permission not in staff_of(connection).permissions:
            raise PermissionMissing(f"this needs {self.permission}")


def requires_scope(scope: str) -> Guard:
    """The guard of a scope; KeyError if there is no such scope."""
    if scope not in api_keys.SCOPES:
        raise KeyError(scope)
    return RequiresScope(scope)


def requires_permission(permission: str) -> Guard:
    """The guard of a permission; KeyError if there is no such permission."""
    if permission not in PERMISSIONS:
        raise KeyError(permission)
    return RequiresPermission(permission)


async def requires_staff(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard: anybody of the staff. Raises SignInNeeded or SecondFactorNeeded."""
    staff_of(connection)


def staff_of(connection: Connection) -> StaffUser:
    """Who of the staff asks. Raises SignInNeeded or SecondFactorNeeded."""
    if isinstance(connection.user, StaffUser):
        return connection.user
    if waiting := half_way(connection):
        raise SecondFactorNeeded(step=waiting.step)
    raise SignInNeeded()


def half_way(connection: Connection) -> HalfWay | None:
    """Who of the staff has a step more to take."""
    found: HalfWay | None = connection.scope["state"].get(_HALF_WAY)
    return found


async def requires_customer(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard: a customer. Raises SignInNeeded."""
    if not isinstance(connection.user, CustomerUser):
        raise SignInNeeded()


def _actor(scope: Any) -> Actor | None:
    """Whose deeds the log tells of: staff's and programs', and of visitors who they turn out to be."""
    if scope["method"] == "GET":
        return None
    kind: ActorKind
    match scope["user"]:
        case StaffUser(member=member):
            kind, who = "staff", str(member.id)
        case Integrator(key_id=key_id) if scope["path"] not in EVENTS:
            kind, who = "key", str(key_id)
        case None if scope["path"].startswith("/staff/"):
            kind, who = "visitor", ""
        case _:
            return None
    client = scope["client"]
    return Actor(
        kind=kind,
        id=who,
        address=client[0] if client else "",
        door=f"{scope['method']} {scope.get('path_template') or scope['path']}",
        deed=request_id(scope),
    )


async def _integrator(given: str) -> Integrator | None:
    if not given:
        return None
    kind, _, key = given.partition(" ")
    found = await api_keys.find_recent(key.strip(), clock.now()) if kind.lower() == "bearer" else None
    if found is None:
        raise KeyNeeded()
    return Integrator(found.merchant_id, found.id, found.scopes)


async def _recognise(scope: Any) -> None:
    """Who comes with one of the cookies that count on this path."""
    connection: Connection = ASGIConnection(scope)
    for name in session_cookies(scope["path"]):
        found = await _person(given(connection, name))
        if isinstance(found, HalfWay):
            scope["state"][_HALF_WAY] = found
        elif found:
            scope["user"] = found
            return


async def _person(token: str) -> Person | HalfWay | None:
    session = await sessions.find(token, clock.now()) if token else None
    if session is None:
        return None
    async with db.transaction(session.merchant_id):
        if session.staff_id:
            member = await staff.find(session.staff_id)
            if member:
                user = StaffUser(member, session, await tenancy.shop(), permissions_of(member.role))
                step = _step(user)
                return HalfWay(user, step) if step else user
        elif session.customer_id:
            profile = await customers.find(session.customer_id)
            if profile:
                return CustomerUser(profile, session, await tenancy.shop())
    return None


def _step(user: StaffUser) -> Step | None:
    """What is left to do. Whom the company's own sign-in lets in has shown there what it asks for."""
    if user.session.half:
        return "code"
    member, by_password = user.member, user.session.via != "company"
    return "enrol" if by_password and member.needs_second_factor and not member.has_second_factor else None
