"""A shop's events: each counted once, in whatever order they come."""
