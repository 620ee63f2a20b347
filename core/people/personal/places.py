"""What core keeps of a person, and its tables that have nothing of anybody."""

from collections.abc import AsyncIterator

from core.mail import service as mail
from core.people.personal.model import DELETE, Person, Place

PLACES = (
    Place(
        table="customer_profiles",
        area="profile",
        by="customer_id",
        what="name, e-mail address, birthday, language, time zone",
        erased=DELETE,
        codes="email name locale birthday time_zone",
    ),
    Place(
        table="customers",
        area="profile",
        by="id",
        what="the shop's own number of the customer",
        stays={"external_id": "by it an event that comes late is known to be an erased person's"},
    ),
    Place(
        table="sessions",
        area="sign_ins",
        by="customer_id",
        what="when they were signed in, how, and with what kind of browser",
        erased=DELETE,
        codes="via device",
        withheld="token_hash",
        history=True,
    ),
    Place(
        table="login_links",
        area="sign_ins",
        by="customer_id",
        what="links to sign in, as digests",
        erased=DELETE,
        withheld="token_hash",
        exported=False,
    ),
    Place(
        table="notification_choices",
        area="consents",
        by="customer_id",
        what="what they want to hear of, and where they said so",
        erased=DELETE,
        codes="about channel via",
        history=True,
    ),
    Place(
        table="notifications",
        area="messages",
        by="customer_id",
        what="which messages they got",
        erased={"told": "'{}'"},
        codes="kind about channel key zone state reason",
        withheld="fingerprint told",
    ),
    Place(
        table="notification_links",
        area="messages",
        by="customer_id",
        what="links of mails, as digests",
        erased=DELETE,
        codes="about channel",
        withheld="token_hash",
        exported=False,
    ),
    Place(
        table="mails",
        area="mails",
        by="customer_id",
        what="mails to them",
        erased=dict.fromkeys(("to_address", "subject", "body", "html"), "''")
        | {"headers": "'{}'", "sealed": "NULL"},
        codes="kind locale",
        withheld="headers sealed",  # their texts are files of the export
    ),
    Place(
        table="webhook_events",
        area="events",
        by="customer_id",
        what="what the shop's own systems were told of them, for 30 days",
        erased=DELETE,
        codes="type body",
    ),
    Place(
        table="events",
        area="events",
        by="customer",
        whose="words",
        what="what the shop's events said of them",
        erased={"data": "of orders and carriers only the codes"},
        stays={"subject": "the shop's own number", "customer": "the shop's own number"},
        codes="source event_id type",
        withheld="fingerprint",
        history=True,
    ),
    Place(
        table="erasures",
        area="erasures",
        by="customer_id",
        what="that they were erased, with opaque ids",
        codes="via",
        exported=False,
    ),
    Place(
        table="person_exports",
        area="exports",
        by="customer_id",
        what="files that they asked for, sealed under their key",
        erased=DELETE,
        exported=False,
    ),
    Place(
        table="person_keys",
        area="exports",
        by="customer_id",
        what="their key",
        erased={"sealed_key": "NULL", "destroyed_at": "now()"},
        exported=False,
    ),
)

IMPERSONAL = {
    "merchants": "code name time_zone currency locale",
    "stores": "external_id name currency time_zone",
    # Staff's own: theirs as employees, not a customer's.
    "staff": "email name role locale password_hash",
    "api_keys": "name prefix secret_hash scopes",
    "staff_second_factors": "secret",
    "staff_recovery_codes": "code_hash",
    "staff_links": "token_hash",
    "webhook_sources": "name secret sealed",
    "handoff_keys": "name secret sites",
    "handoff_uses": "jti",
    "company_providers": "issuer client_id client_secret",
    "company_flows": "state_hash nonce verifier next_path",
    "ledger_checks": "",
    "notification_settings": "kinds",
    "notification_gateways": "channel url secret",
    "webhook_endpoints": "url note types state reason secret old_secret",
    # They go with their event; what the shop's own system answers is its own.
    "webhook_deliveries": "state reason",
    "webhook_attempts": "failure answer",
    # Work under way and answers to repeat: gone when it is done, or after days.
    "outbox": "topic payload last_error traceparent",
    "idempotency_keys": "actor key fingerprint body",
    # Opaque ids; what was said is not kept there (core.audit.tables).
    "audit_entries": "deed actor actor_name address door table_name row_id op before after",
    # Goes with its export.
    "person_export_parts": "sealed",
}
"""Tables and their columns of words, apart by spaces."""


async def files(person: Person) -> AsyncIterator[tuple[str, bytes]]:
    """The texts of mails to them, which are sealed where they lie."""
    async for each in mail.of_customers(person.customers):
        text = f"{each.created_at.isoformat()}\n{each.to_address}\n{each.subject}\n\n{each.body}"
        yield f"mails/{each.id}.txt", text.encode()
