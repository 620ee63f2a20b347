"""Transfers: one member gives points to another."""
