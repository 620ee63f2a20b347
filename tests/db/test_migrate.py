"""Bringing a database to this version, also when two try at once."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.embedded import Services
from core.embedded.postgres import query

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "admin.cli", "migrate"]
NAME = "regulars_migrate_test"


@pytest.fixture
def empty(database: Services) -> Iterator[Services]:
    """A database of its own without anything in it."""
    admin_url = database.database_admin_url
    query(admin_url, f"CREATE DATABASE {NAME}")
    yield replace(
        database,
        database_url=database.database_url.rpartition("/")[0] + f"/{NAME}",
        database_admin_url=admin_url.rpartition("/")[0] + f"/{NAME}",
    )
    query(admin_url, f"DROP DATABASE {NAME} WITH (FORCE)")


def test_migrators_take_turns(empty: Services) -> None:
    environment = os.environ | {
        "REGULARS_DATABASE_URL": empty.database_url,
        "REGULARS_DATABASE_ADMIN_URL": empty.database_admin_url,
        "REGULARS_VALKEY_URL": empty.valkey_url,
    }
    both = [
        subprocess.Popen(COMMAND, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [child.communicate(timeout=60)[0] for child in both]
    assert [child.returncode for child in both] == [0, 0]
    # One did all of it; the other waited and found nothing left to do.
    assert sorted(text.startswith("core: 0 new") for text in said) == [False, True]
