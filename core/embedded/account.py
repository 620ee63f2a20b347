"""The account that a server runs as, and the end it meets when we die.

PostgreSQL refuses to run as root. Started by root, a server therefore runs as the owner of its
folder, or as `nobody` when the folder is new.
"""

import os
import pwd
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from core.embedded.errors import EmbeddedError


class Account(NamedTuple):
    """An existing account without privileges."""

    uid: int
    gid: int


def account_for(folder: Path) -> Account | None:
    """Who runs the server of this folder; None: whoever we are, since we are not root."""
    if os.geteuid() != 0:
        return None
    if folder.exists() and folder.stat().st_uid != 0:
        owner = folder.stat()
        return Account(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def own_folder(folder: Path, account: Account | None) -> None:
    """Make a folder that only this account can read."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    give(folder, account)


def give(path: Path, account: Account | None) -> None:
    """Hand a file or folder of ours to the account."""
    if account:
        os.chown(path, account.uid, account.gid)


def guarded(
    argv: Sequence[str], last_signal: str, account: Account | None = None, needs: Sequence[Path] = ()
) -> list[str]:
    """The command, run so that it gets `last_signal` (TERM, INT) when the thread that starts it ends.

    With an account it drops to that account for good; `needs` are the paths that it must reach.
    Without setpriv (not Linux) only a clean end stops the command.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        if account:
            raise EmbeddedError("Cannot leave the root account without setpriv: run as an ordinary user.")
        return list(argv)
    drop = _drop(account, needs) if account else []
    return [setpriv, *drop, f"--pdeathsig={last_signal}", "--", *argv]


def _drop(account: Account, needs: Sequence[Path]) -> list[str]:
    ids = [f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups", "--no-new-privs"]
    if all(_open_to_all(path) for path in needs):
        return [*ids, "--inh-caps=-all"]
    # Below a closed folder, as homes are, the account could not even enter. Keep the one capability
    # that passes file permissions; the security bit makes access(2) respect it, which PostgreSQL asks.
    kept = "-all,+dac_override"
    return [*ids, "--securebits=+no_setuid_fixup", f"--inh-caps={kept}", f"--ambient-caps={kept}"]


def _open_to_all(path: Path) -> bool:
    """Whether everybody may walk to this path, and run it if it is a program."""
    path = path.resolve()
    if path.is_file() and path.stat().st_mode & 0o005 != 0o005:
        return False
    return all(parent.stat().st_mode & 0o001 for parent in path.parents)
