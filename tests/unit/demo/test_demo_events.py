"""The envelope, the order of time and the data of each type."""

import json
from datetime import datetime
from itertools import pairwise

import msgspec

from admin.demo.shapes import Event
from admin.demo.story import Story, build_story

KEYS = {
    "customer.created": {
        "customer_id",
        "email",
        "name",
        "locale",
        "store_id",
        "accepts_terms",
        "terms_version",
    },
    "order.paid": {"order_id", "store_id", "customer_id", "currency", "amount_minor", "lines"},
    "order.delivered": {"order_id"},
    "order.refunded": {"refund_id", "order_id", "amount_minor", "lines"},
}


def test_events_come_in_order_of_time_with_unique_ids(full_story: Story) -> None:
    events = list(full_story.events())
    assert all(earlier.time <= later.time for earlier, later in pairwise(events))
    assert len({event.id for event in events}) == len(events)


def test_an_event_comes_after_what_it_needs(full_story: Story) -> None:
    known: set[str] = set()
    delivered: set[str] = set()
    for event in full_story.events():
        if event.type == "order.paid":
            assert event.data["customer_id"] in known
        elif event.type == "order.delivered":
            assert event.data["order_id"] in known
            delivered.add(event.data["order_id"])
        elif event.type == "order.refunded":
            assert event.data["order_id"] in delivered
        known.add(event.subject)


def test_envelope_and_data_have_exactly_the_agreed_fields(now: datetime) -> None:
    for event in build_story(5, now, members=300, reviews=0).events():
        wire = json.loads(msgspec.json.encode(event))
        assert set(wire) == {"id", "source", "type", "time", "subject", "data"}
        assert set(wire["data"]) == KEYS[event.type]
        assert datetime.fromisoformat(wire["time"]) == event.time
        for line in wire["data"].get("lines", []):
            more = {"sku", "name", "quantity"} if event.type == "order.paid" else set()
            assert set(line) == {"line_id", "amount_minor"} | more


def test_ids_are_stable_while_time_goes_on(now: datetime) -> None:
    def paid(story: Story) -> list[Event]:
        return [event for event in story.events() if event.type == "order.paid"]

    earlier = build_story(5, now, members=60, reviews=0)
    later = build_story(5, now.replace(day=now.day + 3), members=60, reviews=0)
    assert {event.id for event in paid(earlier)} == {event.id for event in paid(later)}
