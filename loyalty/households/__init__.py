"""Households: members of a household or a team who spend their points together."""
