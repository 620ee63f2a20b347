"""Secrets of the installation that were not set: made once, then kept in the data folder."""

import secrets
from contextlib import suppress
from pathlib import Path


def kept(file: Path) -> str:
    """What the file holds, 64 hexadecimal digits; made now if it is not there.

    Of processes that start together one makes it, all read the same. Only its owner may read it.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32), encoding="ascii")
        with suppress(FileExistsError):
            file.hardlink_to(draft)
        draft.unlink()
    return file.read_text(encoding="ascii").strip()
