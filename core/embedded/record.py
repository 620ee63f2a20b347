"""`services.json` of a data folder: where its servers listen and their passwords."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

DATABASE = "regulars"
APP_ROLE = "regulars_app"
ADMIN_ROLE = "postgres"


@dataclass(frozen=True)
class Services:
    """Addresses with passwords, as URLs; '' where there is none."""

    database_url: str
    """PostgreSQL as the ordinary role of the application; `migrate` makes this role."""
    database_admin_url: str
    """The same database as superuser."""
    valkey_url: str


@dataclass(frozen=True)
class Passwords:
    """One for each account on the embedded servers."""

    app: str
    admin: str
    valkey: str

    def database_urls(self, port: int) -> tuple[str, str]:
        """Address for the application and for the superuser."""
        place = f"127.0.0.1:{port}/{DATABASE}"
        return (
            f"postgresql://{APP_ROLE}:{self.app}@{place}",
            f"postgresql://{ADMIN_ROLE}:{self.admin}@{place}",
        )

    def valkey_url(self, port: int) -> str:
        """Address of Valkey's database 0."""
        return f"redis://:{self.valkey}@127.0.0.1:{port}/0"


def read(data_dir: Path) -> Services | None:
    """The last record of this folder; it may be of servers that have ended."""
    file = _file(data_dir)
    return Services(**json.loads(file.read_text())) if file.exists() else None


def write(data_dir: Path, services: Services) -> None:
    """Replace the record in one step; only its owner may read it."""
    fresh = _file(data_dir).with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(asdict(services), indent=2) + "\n")
    fresh.replace(_file(data_dir))


def passwords(services: Services | None) -> Passwords:
    """The passwords in a record; those that it lacks are made now."""
    before = services or Services("", "", "")
    urls = (before.database_url, before.database_admin_url, before.valkey_url)
    return Passwords(*(urlsplit(url).password or secrets.token_urlsafe(24) for url in urls))


def _file(data_dir: Path) -> Path:
    return data_dir / "services.json"
