"""A client of the API, for Python programs of a shop; needs httpx and standardwebhooks, and nothing of ours.

    from api.client import Client, operations as ops

    with Client("https://regulars.example", "rk_…") as regulars:
        member = regulars.send(ops.members_join({"customer_id": "ada"}))
        for page in regulars.pages(ops.members_entries("ada")):
            ...

An operation says what is asked; Client and AsyncClient send it. Writes get an idempotency key, and what had
no answer is sent again with it: nothing happens twice.
"""

from api.client import operations
from api.client.calls import Call
from api.client.client import AsyncClient, Client
from api.client.errors import ApiError, NoAnswer
from api.client.handoff import portal_link

__all__ = ["ApiError", "AsyncClient", "Call", "Client", "NoAnswer", "operations", "portal_link"]
