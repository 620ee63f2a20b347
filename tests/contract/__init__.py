"""Connectors against servers that behave, and misbehave, as the vendors document."""
