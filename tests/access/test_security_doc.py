"""docs/security.md says what is so."""

import re

import pytest

from tests.access import roles

ROOT = roles.PAGE.parents[1]
TEXT = roles.PAGE.read_text("utf-8")
NAMED = sorted(set(re.findall(r"\btests/[\w/]+\.py(?:::\w+)?", TEXT)))


def test_the_table_of_roles_is_that_of_the_code() -> None:
    assert roles.written(TEXT) == TEXT


@pytest.mark.parametrize("named", NAMED)
def test_each_named_test_exists(named: str) -> None:
    path, _, name = named.partition("::")
    assert f"def {name}" in (ROOT / path).read_text("utf-8")
