"""`regulars doctor`"""

import asyncio
from dataclasses import asdict

import click
import msgspec
from pydantic import ValidationError

from admin.doctor import service
from admin.doctor.report import Finding, State, problem, worst
from admin.installation import installation
from core.embedded import EmbeddedError

MARKS = {
    State.OK: ("ok     ", "green"),
    State.WARNING: ("warning", "yellow"),
    State.PROBLEM: ("problem", "red"),
}


def run(as_json: bool) -> int:
    """Print what is found; answers the exit code: 1 if there is a problem."""
    found = _found()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode([asdict(each) for each in found])).decode())
    else:
        for each in found:
            _print(each)
    return 1 if worst(found) is State.PROBLEM else 0


def _found() -> list[Finding]:
    try:
        with installation() as settings:
            return asyncio.run(service.examine(settings))
    except ValidationError as error:
        return list(service.of_settings(error))
    except EmbeddedError as error:
        return [problem("servers", str(error), "See the logs in REGULARS_DATA_DIR/logs.")]


def _print(finding: Finding) -> None:
    mark, colour = MARKS[finding.state]
    click.echo(f"{click.style(mark, fg=colour)}  {finding.check}: {finding.said}")
    if finding.mend:
        click.echo(f"         → {finding.mend}")
