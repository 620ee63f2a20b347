"""Which merchant a command is for."""

import click

from core import tenancy


async def merchant(code: str | None) -> tenancy.Merchant:
    """The merchant with this code, or the only one there is. Raises click.ClickException."""
    known = await tenancy.merchants()
    fitting = [each for each in known if code in (None, each.code)]
    if len(fitting) == 1:
        return fitting[0]
    codes = ", ".join(each.code for each in known) or "none yet"
    problem = f"there is no merchant {code!r}" if code else "say --merchant, it is not clear whose"
    raise click.ClickException(f"{problem}; merchants: {codes}")
