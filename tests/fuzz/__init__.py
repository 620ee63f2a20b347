"""Requests, forms, webhooks and files as nobody sane sends them: no 5xx, no leak, no change unasked.

`make test` sends a few of each, always the same; `make fuzz` many, others each time, and writes fuzz.json.
"""
