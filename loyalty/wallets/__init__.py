"""Wallets: the kinds of points that a programme has, each with rules of its own."""
