"""What this machine has: Python, room on its disk, the data of time zones, and the model."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from admin.doctor.report import Finding, ok, problem, warning
from core.settings import Settings
from sentiment import model_file

OLDEST_PYTHON = (3, 11)
LITTLE_ROOM = 0.15
NO_ROOM = 0.05
GIB = 2**30
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei")


def look(settings: Settings) -> Iterator[Finding]:
    """All of it."""
    yield _python()
    yield from _data_folder(settings.data_dir)
    yield _time_zones()
    yield _model(settings)


def _python() -> Finding:
    version = ".".join(str(each) for each in sys.version_info[:3])
    if sys.version_info < OLDEST_PYTHON:
        return problem("python", version, "Install Python 3.11 or newer.")
    return ok("python", version)


def _data_folder(folder: Path) -> Iterator[Finding]:
    there = folder.absolute()
    while not there.exists():
        there = there.parent
    if not os.access(there, os.W_OK):
        yield problem(
            "data_folder",
            f"{folder} cannot be written: health checks and kept keys need it",
            f"chown it to the account that Regulars runs as, or set REGULARS_DATA_DIR. (now: {there})",
        )
    else:
        yield ok("data_folder", str(folder))
    disk = shutil.disk_usage(there)
    said = f"{disk.free / GIB:.1f} of {disk.total / GIB:.0f} GiB are free below {there}"
    mend = "Make room: docs/incidents.md, “The disk is full”."
    if disk.free < NO_ROOM * disk.total:
        yield problem("disk", said, mend)
    elif disk.free < LITTLE_ROOM * disk.total:
        yield warning("disk", said, mend)
    else:
        yield ok("disk", said)


def _time_zones() -> Finding:
    missing = []
    for name in ZONES:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, OSError):
            missing.append(name)
    if missing:
        return problem(
            "time_zones",
            f"no data of {', '.join(missing)}: days of tiers and clocks would be wrong",
            "Install the system's tzdata, or: pip install tzdata",
        )
    return ok("time_zones", "the data of time zones is here")


def _model(settings: Settings) -> Finding:
    folder = settings.model_dir or model_file.DEFAULT_FOLDER
    if not (folder / model_file.SETTINGS_FILE).exists() and (folder / "config.json").exists():
        return ok("model", f"{folder}: a classifier in Hugging Face's format, which has no checksums")
    try:
        return ok("model", f"{model_file.read(folder).name}: each file is as it was published")
    except model_file.ModelError as error:
        return problem(
            "model",
            f"{error} [{error.code}]",
            "Reviews wait until it can be loaded. Install Regulars again, or set REGULARS_MODEL_DIR.",
        )
