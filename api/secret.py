"""The installation's secret key: from the settings, else made once and kept in the data folder."""

from functools import lru_cache

from core.kept import kept
from core.settings import settings

FILE_NAME = "secret_key"


@lru_cache
def secret_key() -> bytes:
    """The key that signs what browsers bring back. Several machines need REGULARS_SECRET_KEY in common."""
    given = settings().secret_key.get_secret_value()
    return (given or kept(settings().data_dir / FILE_NAME)).encode()
