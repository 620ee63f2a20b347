"""The installation's secret key: from the settings, else made once and kept in the data folder."""

import secrets
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from core.settings import settings

FILE_NAME = "secret_key"


@lru_cache
def secret_key() -> bytes:
    """The key that signs what browsers bring back. Several machines need REGULARS_SECRET_KEY in common."""
    given = settings().secret_key.get_secret_value()
    return given.encode() if given else _kept(settings().data_dir / FILE_NAME)


def _kept(file: Path) -> bytes:
    """Read the key, or make it. Of processes that start together one makes it, all read the same."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{FILE_NAME}.{secrets.token_hex(8)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32), encoding="ascii")
        with suppress(FileExistsError):
            file.hardlink_to(draft)
        draft.unlink()
    return file.read_text(encoding="ascii").strip().encode()
