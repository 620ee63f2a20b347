"""Proof: whether unhappy customers were heard, and whether it brought them back."""
