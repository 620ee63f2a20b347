"""The network keeps to itself: running it tells nobody and leaves nothing behind."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
SCORE = "from sentiment.scorer import Scorer, Text; Scorer.load().score([Text('Torn on the first day.')])"


def test_nothing_is_written_into_the_home_directory(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))}
    subprocess.run([sys.executable, "-c", SCORE], cwd=ROOT, env=clean | {"HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.rglob("*")) == []
