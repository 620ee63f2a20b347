"""What counts as nearly the same text, on real reviews."""

import gzip
import json
from pathlib import Path

import numpy as np

from reviews.scoring.tasks import scorer
from reviews.similar import NEAR_DUPLICATE
from sentiment.types import Text

DEMO = Path(__file__).parents[3] / "admin" / "demo" / "data" / "reviews.jsonl.gz"
RESTAURANTS = 160
BY_CHANCE = 2


def test_reviews_of_one_trade_hardly_ever_pass_for_copies() -> None:
    """Long Cantonese reviews of restaurants are the most alike of all there are; copies are held."""
    with gzip.open(DEMO) as lines:
        rows = [row for row in map(json.loads, lines) if row["lang"] == "zh-Hant"]
    texts = list({row["text"]: Text(row["text"], row["title"], row["lang"]) for row in rows}.values())
    embeddings = np.array(scorer().read(texts[:RESTAURANTS]).embeddings, np.float64)
    distances = 1 - embeddings @ embeddings.T
    different = distances[np.triu_indices(RESTAURANTS, 1)]
    assert (different <= NEAR_DUPLICATE).sum() <= BY_CHANCE
    # Not because they are far apart: a little wider, and some would.
    assert (different <= NEAR_DUPLICATE + 0.02).sum() > BY_CHANCE
