"""What can be wrong with an endpoint or a delivery."""

from core.errors import DomainError, Kind


class WebhookTypeUnknown(DomainError):
    """No event is of this type."""

    code = "webhook_type_unknown"
    kind = Kind.INVALID
    title = "There is no such type of event"


class TooManyEndpoints(DomainError):
    """Each event goes to every endpoint that wants it."""

    code = "too_many_webhook_endpoints"
    kind = Kind.CONFLICT
    title = "There are too many endpoints"


class EndpointOff(DomainError):
    """Nothing is sent to an endpoint that is off or disabled."""

    code = "webhook_endpoint_off"
    kind = Kind.CONFLICT
    title = "The endpoint is off"


class DeliveryUnderWay(DomainError):
    """It has not been taken or given up yet: it goes out by itself."""

    code = "webhook_delivery_under_way"
    kind = Kind.CONFLICT
    title = "The delivery is still under way"
