"""Accounts at review sources: connected, read again and again, answered to."""
