"""Webhooks out: where events go, what became of each, and sending them again."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS, problems
from core import clock, db
from core.webhooks import catalogue, endpoints, log
from core.webhooks.endpoints import Wanted
from core.webhooks.model import Attempt, Delivery, DeliveryState, Endpoint, EndpointState

READS, WRITES = requires_scope("webhooks:read"), requires_scope("webhooks:write")
PAGE_LIMIT = 200
Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT)]


class EndpointWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address of yours. `types` empty: every type, also those that come later."""

    url: Annotated[str, Meta(min_length=1, max_length=2000)]
    """https, and no address of a private network; it may have a query."""
    types: Annotated[list[Annotated[str, Meta(max_length=60)]], Meta(max_length=100)] = []
    note: Annotated[str, Meta(max_length=200)] = ""
    state: Literal["on", "off"] = "on"
    """Set to "on", one that was disabled is asked again."""


class WebhookEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint and how it is doing; `queued`, `delivered` and `failed` count up to 10,000 of 30 days."""

    id: UUID
    url: str
    note: str
    types: list[str]
    state: EndpointState
    """`disabled`: by us, after three days without a success, or when it answered 410."""
    reason: str
    """Why it is disabled: gone or failing."""
    old_until: datetime | None
    """Until then the secret before the last rotation signs, too."""
    failing_since: datetime | None
    succeeded_at: datetime | None
    created_at: datetime
    changed_at: datetime
    queued: int
    delivered: int
    failed: int


class WebhookEndpoints(msgspec.Struct, frozen=True, kw_only=True):
    """The oldest first. `next_after` asks for the next page; null: the end."""

    endpoints: list[WebhookEndpoint]
    next_after: UUID | None


class Rotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how many hours the old secret signs, too; 0: it ends now."""

    overlap_hours: Annotated[int, Meta(ge=0, le=int(endpoints.LONGEST_OVERLAP.total_seconds()) // 3600)] = 24


class WebhookSecret(msgspec.Struct, frozen=True):
    """What signs: `whsec_` and base64."""

    secret: str


class Since(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when on."""

    since: Annotated[datetime, Meta(tz=True)]


class Replayed(msgspec.Struct, frozen=True):
    """How many deliveries are on their way again; at the limit of 10,000 ask once more."""

    deliveries: int


class WebhookDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """An event on its way to an endpoint. Its `event_id` is the header webhook-id of every attempt."""

    id: UUID
    event_id: UUID
    endpoint_id: UUID
    type: str
    state: DeliveryState
    reason: str
    """Why it failed: timeout, unreachable, address_refused, refused (an answer other than 2xx), gone (410) or
    endpoint_off."""
    attempts: int
    status: int | None
    """HTTP status of the last answer."""
    created_at: datetime
    next_at: datetime | None
    settled_at: datetime | None


class WebhookDeliveries(msgspec.Struct, frozen=True, kw_only=True):
    """The newest first. `next_before` asks for the next page; null: the end."""

    deliveries: list[WebhookDelivery]
    next_before: UUID | None


class WebhookAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One request. `answer`: the first KB of what came back."""

    number: int
    at: datetime
    duration_ms: int
    status: int | None
    failure: str
    answer: str


class DeliveryWhole(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery, the bytes that were signed, and every attempt, the oldest first."""

    delivery: WebhookDelivery
    body: str
    attempts: list[WebhookAttempt]


class WebhookType(msgspec.Struct, frozen=True, kw_only=True):
    """A type of event; `example` is a whole body."""

    type: str
    version: int
    says: str
    example: dict[str, Any]


class WebhookTypes(msgspec.Struct, frozen=True):
    """Every type there is."""

    types: list[WebhookType]


@get("/webhook-types", guards=[READS], responses=problems(401, 403))
async def list_types() -> WebhookTypes:
    """Types of events that can be sent."""
    return WebhookTypes(
        [
            WebhookType(
                type=each.code,
                version=each.version,
                says=each.says,
                example=msgspec.json.decode(catalogue.envelope(each, each.example, catalogue.EXAMPLE_AT)),
            )
            for each in catalogue.all_types().values()
        ]
    )


@get("/webhook-endpoints", guards=[READS], responses=problems(401, 403))
async def list_endpoints(
    user: NamedDependency[Integrator], after: FromQuery[UUID | None] = None, limit: Limit = 50
) -> WebhookEndpoints:
    """Endpoints and their health."""
    async with db.transaction(user.merchant_id):
        found = await endpoints.listed(after, limit + 1)
    shown = [_endpoint(each) for each in found[:limit]]
    return WebhookEndpoints(endpoints=shown, next_after=shown[-1].id if len(found) > limit else None)


@post("/webhook-endpoints", guards=[WRITES], status_code=201, responses=WRITE_PROBLEMS)
async def post_endpoint(
    data: JSONBody[EndpointWanted], once: NamedDependency[Once[WebhookEndpoint]]
) -> Response[WebhookEndpoint]:
    """Add an endpoint; its secret is at …/secret."""

    async def effect() -> WebhookEndpoint:
        return _endpoint(await endpoints.add(_wanted(data), clock.now()))

    return await once(effect, status=201)


@get("/webhook-endpoints/{endpoint_id:uuid}", guards=[READS], responses=problems(401, 403, 404))
async def get_endpoint(endpoint_id: FromPath[UUID], user: NamedDependency[Integrator]) -> WebhookEndpoint:
    """One endpoint and its health."""
    async with db.transaction(user.merchant_id):
        return _endpoint(await endpoints.find(endpoint_id))


@put("/webhook-endpoints/{endpoint_id:uuid}", guards=[WRITES], status_code=200, responses=WRITE_PROBLEMS)
async def put_endpoint(
    endpoint_id: FromPath[UUID], data: JSONBody[EndpointWanted], once: NamedDependency[Once[WebhookEndpoint]]
) -> Response[WebhookEndpoint]:
    """Change an endpoint, switch it off or on."""

    async def effect() -> WebhookEndpoint:
        return _endpoint(await endpoints.change(endpoint_id, _wanted(data), clock.now()))

    return await once(effect)


@delete("/webhook-endpoints/{endpoint_id:uuid}", guards=[WRITES], status_code=200, responses=WRITE_PROBLEMS)
async def delete_endpoint(
    endpoint_id: FromPath[UUID], once: NamedDependency[Once[WebhookEndpoint]]
) -> Response[WebhookEndpoint]:
    """Take an endpoint away; what is under way to it fails."""

    async def effect() -> WebhookEndpoint:
        gone = _endpoint(await endpoints.find(endpoint_id))
        await endpoints.drop(endpoint_id, clock.now())
        return gone

    return await once(effect)


@get("/webhook-endpoints/{endpoint_id:uuid}/secret", guards=[WRITES], responses=problems(401, 403, 404))
async def get_secret(endpoint_id: FromPath[UUID], user: NamedDependency[Integrator]) -> WebhookSecret:
    """The secret that signs: it needs webhooks:write."""
    async with db.transaction(user.merchant_id):
        return WebhookSecret(await endpoints.secret(endpoint_id))


@post(
    "/webhook-endpoints/{endpoint_id:uuid}/rotate", guards=[WRITES], status_code=200, responses=WRITE_PROBLEMS
)
async def rotate_secret(
    endpoint_id: FromPath[UUID], data: JSONBody[Rotation], once: NamedDependency[Once[WebhookEndpoint]]
) -> Response[WebhookEndpoint]:
    """Make a new secret. Both sign until the overlap ends, so that you can change over at leisure."""

    async def effect() -> WebhookEndpoint:
        overlap = timedelta(hours=data.overlap_hours)
        return _endpoint(await endpoints.rotate(endpoint_id, clock.now(), overlap))

    return await once(effect)


@post(
    "/webhook-endpoints/{endpoint_id:uuid}/test", guards=[WRITES], status_code=200, responses=WRITE_PROBLEMS
)
async def test_endpoint(
    endpoint_id: FromPath[UUID], once: NamedDependency[Once[Replayed]]
) -> Response[Replayed]:
    """Send an event of the type webhook.test."""

    async def effect() -> Replayed:
        await endpoints.test(endpoint_id, clock.now())
        return Replayed(1)

    return await once(effect)


@post(
    "/webhook-endpoints/{endpoint_id:uuid}/replay", guards=[WRITES], status_code=200, responses=WRITE_PROBLEMS
)
async def replay_endpoint(
    endpoint_id: FromPath[UUID], data: JSONBody[Since], once: NamedDependency[Once[Replayed]]
) -> Response[Replayed]:
    """Send all again that has failed since a moment, also what came while the endpoint was off."""

    async def effect() -> Replayed:
        return Replayed(await log.replay(endpoint_id, data.since, clock.now()))

    return await once(effect)


@get("/webhook-deliveries", guards=[READS], responses=problems(401, 403, 422))
async def list_deliveries(
    user: NamedDependency[Integrator],
    endpoint: FromQuery[UUID | None] = None,
    state_: Annotated[DeliveryState | None, QueryParameter(name="state")] = None,
    type_: Annotated[str, QueryParameter(name="type", max_length=60)] = "",
    before: FromQuery[UUID | None] = None,
    limit: Limit = 50,
) -> WebhookDeliveries:
    """Deliveries of the last 30 days."""
    async with db.transaction(user.merchant_id):
        found = await log.newest(limit + 1, before, endpoint, state_ or "", type_)
    shown = [_delivery(each) for each in found[:limit]]
    return WebhookDeliveries(deliveries=shown, next_before=shown[-1].id if len(found) > limit else None)


@get("/webhook-deliveries/{delivery_id:uuid}", guards=[READS], responses=problems(401, 403, 404))
async def get_delivery(delivery_id: FromPath[UUID], user: NamedDependency[Integrator]) -> DeliveryWhole:
    """One delivery with its body and attempts."""
    async with db.transaction(user.merchant_id):
        return _whole(*await log.find(delivery_id))


@post(
    "/webhook-deliveries/{delivery_id:uuid}/resend",
    guards=[WRITES],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def resend_delivery(
    delivery_id: FromPath[UUID], once: NamedDependency[Once[DeliveryWhole]]
) -> Response[DeliveryWhole]:
    """Send one again that was delivered or has failed: the same event, with its id."""

    async def effect() -> DeliveryWhole:
        await log.send_again(delivery_id, clock.now())
        return _whole(*await log.find(delivery_id))

    return await once(effect)


v1_webhooks = Router(
    "/",
    route_handlers=[
        list_types,
        list_endpoints,
        post_endpoint,
        get_endpoint,
        put_endpoint,
        delete_endpoint,
        get_secret,
        rotate_secret,
        test_endpoint,
        replay_endpoint,
        list_deliveries,
        get_delivery,
        resend_delivery,
    ],
    tags=["Webhooks out"],
)


def _wanted(data: EndpointWanted) -> Wanted:
    return Wanted(data.url, tuple(data.types), data.note, data.state)


def _endpoint(found: Endpoint) -> WebhookEndpoint:
    return msgspec.convert(found, WebhookEndpoint, from_attributes=True)


def _delivery(found: Delivery) -> WebhookDelivery:
    return msgspec.convert(found, WebhookDelivery, from_attributes=True)


def _whole(delivery: Delivery, body: str, attempts: list[Attempt]) -> DeliveryWhole:
    return DeliveryWhole(
        delivery=_delivery(delivery),
        body=body,
        attempts=[msgspec.convert(each, WebhookAttempt, from_attributes=True) for each in attempts],
    )
