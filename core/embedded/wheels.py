"""Where the wheels of the extra `embedded` keep their programs; nothing of them is imported."""

from importlib.util import find_spec
from pathlib import Path

from core.embedded.errors import ExtraMissing


def program(module: str, wheel: str, pattern: str) -> Path:
    """The one file of an installed wheel that matches `pattern`. Raises ExtraMissing."""
    spec = find_spec(module)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for found in sorted(Path(folder).glob(pattern)):
            return found
    raise ExtraMissing(wheel)
