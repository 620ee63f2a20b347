import pytest

from sentiment.scorer import Scorer


@pytest.fixture(scope="session")
def scorer() -> Scorer:
    return Scorer.load(threads=1)
