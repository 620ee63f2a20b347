"""Voucher codes that people can read out, and nobody can guess."""

import secrets

# Without the letters and digits that people mistake for one another.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12


def made_up() -> str:
    """A new code: one of 30^12, so that two never meet."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
