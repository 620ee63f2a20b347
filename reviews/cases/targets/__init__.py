"""Targets: how soon what must happen on a case, by policies that the merchant writes."""
