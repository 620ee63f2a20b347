"""How things that the merchant names are written."""

import re

CODE = re.compile("[a-z0-9][a-z0-9-]{0,39}")
NAME_LIMIT_CHARS = 100
