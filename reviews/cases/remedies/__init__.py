"""Remedies: what the shop gives because it was wrong. None has a condition."""
