"""`regulars rewards`: pools of voucher codes."""

from pathlib import Path

import click

from admin.installation import installation, run


@click.group()
def rewards() -> None:
    """Rewards: pools of voucher codes."""


_merchant = click.option("--merchant", help="Code of the merchant; not needed while there is only one.")
_pool = click.option("--pool", required=True, help="Code of the pool.")


@rewards.command("add-pool")
@_pool
@click.option(
    "--low-water",
    type=click.IntRange(0, 10**9),
    default=0,
    show_default=True,
    help="Staff are told when no more are free.",
)
@_merchant
def add_pool(pool: str, low_water: int, merchant: str | None) -> None:
    """Make an empty pool of codes."""
    from admin.commands import rewards as commands

    with installation():
        run(commands.add_pool, merchant, pool, low_water)


@rewards.command("import-codes")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_pool
@_merchant
def import_codes(file: Path, pool: str, merchant: str | None) -> None:
    """Import codes, one a line: plain text, CSV (the first column) or NDJSON with a field `code`.

    Lines that cannot be taken go to FILE.rejects.csv. An import that was interrupted is simply run again.
    """
    from admin.commands import rewards as commands

    with installation():
        run(commands.import_codes, merchant, pool, file)


@rewards.command("generate-codes")
@click.argument("count", type=click.IntRange(1, 10_000_000))
@_pool
@click.option("--pattern", default="????-????-????", show_default=True, help="? becomes a letter or digit.")
@_merchant
def generate_codes(count: int, pool: str, pattern: str, merchant: str | None) -> None:
    """Add COUNT new codes of a pattern to a pool."""
    from admin.commands import rewards as commands

    with installation():
        run(commands.generate, merchant, pool, pattern, count)
