"""`regulars backup`, `regulars restore` and `regulars wal`."""

import asyncio
from datetime import datetime
from pathlib import Path

import click

from admin.installation import installation, run
from core.settings import Settings


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--without-keys", is_flag=True, help="Leave the keys of the data folder out, to be kept apart.")
def backup(file: Path, without_keys: bool) -> None:
    """Write all that must not be lost to FILE, while everything runs."""
    from admin.backup.service import backup as take
    from core import clock

    if file.exists():
        raise click.UsageError(f"{file} is there already")
    with installation() as settings:
        _expect_admin(settings)
        found = asyncio.run(
            take(settings.database_admin_url, settings.data_dir, file, not without_keys, clock.now())
        )
    rows = sum(each.rows for each in found.tables.values())
    click.echo(f"{file}: {len(found.tables)} tables with {rows:,} rows, {len(found.files)} files")
    click.echo("It holds personal data" + ("." if without_keys else " and keys: keep it as you keep a key."))


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace what is in the database and in the data folder.")
def restore(file: Path, force: bool) -> None:
    """Bring FILE back: into an empty database, or with --force in the place of everything."""
    from admin.backup import service
    from admin.commands.ledger import verify_all
    from core import clock

    async def afterwards() -> int:
        erased = await service.erase_again(clock.now())
        if erased is None:
            click.echo(
                "No journal of erasures is here: who was erased since the backup has to be erased again."
            )
        else:
            click.echo(f"{erased} persons of the journal of erasures were erased again")
        return await verify_all()

    with installation() as settings:
        _expect_admin(settings)
        urls = settings.database_admin_url, settings.database_url
        found = asyncio.run(service.restore(file, *urls, settings.data_dir, force))
        click.echo(
            f"restored as of {found.taken_at:%Y-%m-%d %H:%M:%S} UTC: {len(found.tables)} tables, the same"
        )
        click.echo("Everybody has to sign in again. Keys revoked since the backup are valid again.")
        raise SystemExit(run(afterwards))


@click.group()
def wal() -> None:
    """The embedded PostgreSQL as it was at any moment; REGULARS_WAL_DIR keeps what that takes."""


@wal.command()
@click.argument("folder", type=click.Path(path_type=Path))
def base(folder: Path) -> None:
    """Copy the server's files to FOLDER, to start from, while everything runs."""
    from admin.backup import moments

    if folder.exists():
        raise click.UsageError(f"{folder} is there already")
    with installation() as settings:
        _expect_wal(settings)
        asyncio.run(moments.base(settings.database_admin_url, folder))
    click.echo(f"{folder}: keep it with the log from now on")


@wal.command("restore")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--until", metavar="TIME", help="ISO 8601 with an offset; without it as far as the log goes.")
def restore_moment(folder: Path, until: str | None) -> None:
    """Make the data folder's database anew, out of FOLDER and the log, with nothing running."""
    from admin.backup import moments
    from admin.commands.ledger import verify_all
    from core.settings import settings as given

    wal_dir = _expect_wal(given())
    moments.prepare(folder, wal_dir, given().data_dir.absolute(), _moment(until))
    try:
        with installation() as settings:
            moments.settle(settings.database_admin_url)
            code = run(verify_all)
    except Exception:
        moments.put_back(given().data_dir.absolute())
        raise
    click.echo(
        f"The files that were there are in {given().data_dir / moments.OLD}. Everybody has to sign in again."
    )
    raise SystemExit(code)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"--until: {error}") from error
    if found.tzinfo is None:
        raise click.UsageError("--until: which time zone? Add an offset, as +00:00")
    return found


def _expect_wal(settings: Settings) -> Path:
    if settings.wal_dir is None:
        raise click.ClickException("REGULARS_WAL_DIR is not set: no log is kept")
    return settings.wal_dir


def _expect_admin(settings: Settings) -> None:
    if not settings.database_admin_url:
        raise click.ClickException(
            "REGULARS_DATABASE_ADMIN_URL is not set: row-level security hides rows from every other role"
        )
