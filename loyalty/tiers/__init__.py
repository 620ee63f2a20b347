"""Tiers: who is where, who would move under other terms, and moving them."""
