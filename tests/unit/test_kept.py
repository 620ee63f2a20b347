"""A secret of the installation is made once, whoever starts first."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.kept import kept


def test_all_who_start_together_get_one_key(tmp_path: Path) -> None:
    file = tmp_path / "data" / "secret_key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: kept(file), range(8)))
    assert len(keys) == 1
    assert len(keys.pop()) == 64
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["secret_key"]
