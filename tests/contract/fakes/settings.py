"""Settings of the installation for as long as a test needs them."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from core.settings import settings


@contextmanager
def configured(added: Mapping[str, str]) -> Iterator[None]:
    """These variables of the environment are set; afterwards all are as they were."""
    before = {name: os.environ[name] for name in added if name in os.environ}
    os.environ.update(added)
    settings.cache_clear()
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
        os.environ.update(before)
        settings.cache_clear()
