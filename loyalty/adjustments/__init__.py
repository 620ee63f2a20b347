"""Adjustments: points added or taken by hand, with a cause, a person and, above a limit, a second person."""
