"""Webhooks out, to https://www.standardwebhooks.com: what happened here, told to the merchant's systems.

A deed says with emit() that it happened; after its commit the event is written once and sent to each endpoint
that wants it, until it is taken or given up. The order is not promised, and an event may come twice: its id
(header webhook-id) tells.
"""
