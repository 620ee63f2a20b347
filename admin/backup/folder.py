"""Files of the data folder that a backup holds: keys, and whatever else is neither a server's nor passing."""

from pathlib import Path

from admin.backup.archive import Backup
from admin.backup.errors import BackupUnfit, NotEmpty
from core.people import journal

PASSING = {"postgres", "valkey", "logs", "run", "wal", "base", "services.json", "services.lock"}
"""Of the embedded servers, or worth nothing after a restart."""
KEYS = {"encryption_key", "secret_key"}
NEVER_OLDER = {journal.FILE_NAME}
"""What is here is newer than what a backup has of it."""


def files(data_dir: Path, keys: bool) -> dict[str, bytes]:
    """Contents by path in the folder; without `keys` those of the installation's secrets are left out."""
    unwanted = PASSING if keys else PASSING | KEYS
    found: dict[str, bytes] = {}
    for entry in sorted(data_dir.iterdir()) if data_dir.is_dir() else []:
        if entry.name in unwanted or entry.name.endswith((".new", ".part")) or _is_another(entry):
            continue
        for file in sorted(entry.rglob("*")) if entry.is_dir() else [entry]:
            if file.is_file() and not file.is_symlink():
                found[str(file.relative_to(data_dir))] = file.read_bytes()
    return found


def expect_inside(backup: Backup, data_dir: Path) -> None:
    """Raises BackupUnfit for a path that leaves the data folder."""
    home = data_dir.resolve()
    for name in backup.manifest.files:
        if not (home / name).resolve().is_relative_to(home):
            raise BackupUnfit(f"{name} is no path in {data_dir}")


def expect_room(backup: Backup, data_dir: Path) -> None:
    """Raises NotEmpty when a file is here with other contents: a key, say, that opens nothing of it."""
    if names := [name for name in _wanted(backup, data_dir) if (data_dir / name).exists()]:
        raise NotEmpty(
            f"{', '.join(names)} in {data_dir} differ from the backup's; --force replaces them"
            " and keeps the present ones beside them as NAME.before-restore"
        )


def put(backup: Backup, data_dir: Path) -> list[str]:
    """Write the files that are not here as they are there; answers their names."""
    names = _wanted(backup, data_dir)
    for name in names:
        file = data_dir / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists():
            file.replace(file.with_name(f"{file.name}.before-restore"))
        file.touch(mode=0o600)
        file.write_bytes(backup.file(name))
    return names


def _wanted(backup: Backup, data_dir: Path) -> list[str]:
    """Names of files that are missing or differ."""
    wanted = []
    for name in backup.manifest.files:
        file = data_dir / name
        if file.exists() and (name in NEVER_OLDER or file.read_bytes() == backup.file(name)):
            continue
        wanted.append(name)
    return wanted


def _is_another(entry: Path) -> bool:
    """Whether a folder is the data folder of another installation, as the demo's is."""
    return (entry / "services.json").exists()
