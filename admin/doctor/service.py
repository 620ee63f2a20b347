"""Look at everything, one after the other."""

from collections.abc import Iterator

from pydantic import ValidationError

from admin.doctor import database, machine, valkey, work
from admin.doctor import settings as given
from admin.doctor.report import Finding, State, problem
from core.settings import Settings


async def examine(settings: Settings) -> list[Finding]:
    """What is found, in an order to be read. Changes nothing; raises nothing for what is broken."""
    found = [*given.look(settings), *machine.look(settings)]
    found += [each async for each in database.look(settings)]
    broker = [each async for each in valkey.look(settings)]
    answers = broker[0].state is not State.PROBLEM
    return found + broker + [each async for each in work.look(settings, answers)]


def of_settings(error: ValidationError) -> Iterator[Finding]:
    """Settings that cannot even be read; never their value, which can be a password."""
    for each in error.errors():
        name = "_".join(str(part) for part in each["loc"]).upper()
        yield problem(
            "settings", f"REGULARS_{name}: {each['msg']}", "Correct it: core/settings.py lists all."
        )
