"""The programme: wallets and versioned terms (earn rates, tiers)."""
