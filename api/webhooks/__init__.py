"""Signed events in."""
