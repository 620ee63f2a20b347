"""Orders: what a shop's events say of them together, and what the ledger owes for them."""
