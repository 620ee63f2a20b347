"""Routing: who gets a case."""
