"""Patrol: each day, what is negative and nobody's or late."""
