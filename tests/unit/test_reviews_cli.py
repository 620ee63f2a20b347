"""What `regulars reviews import` says to arguments that cannot be."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from admin.cli import main


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--map", "rating"), "is no FIELD=COLUMN"),
        (("--scale", "5-1"), "has no extent"),
        (("--scale", "stars"), "is no scale"),
        (("--encoding", "ebcdic"), "'ebcdic' is not one of"),
        (("--date-order", "dym"), "'dym' is not one of"),
    ],
)
def test_wrong_arguments_are_named(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    file = tmp_path / "in.csv"
    file.write_text("id,date,text\n")
    result = CliRunner().invoke(main, ["reviews", "import", str(file), *arguments])
    assert result.exit_code == 2
    assert said in result.output
