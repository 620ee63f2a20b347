"""What somebody typed as the model sees it. The model is loaded when first asked for, in this process."""

import asyncio

from reviews import similar
from reviews.scoring.tasks import scorer
from sentiment.types import Text


async def embedding(text: str) -> tuple[str, str] | None:
    """Model and embedding, as search.service.by_meaning() takes them; None: there is nothing to read in it.

    Raises sentiment.model_file.ModelError. Not in a transaction: it takes a moment.
    """
    return await asyncio.to_thread(_embedding, text)


def _embedding(text: str) -> tuple[str, str] | None:
    model = scorer()
    (found,) = model.read([Text(text)]).embeddings
    return None if found is None else (model.model, similar.vector(found.tolist()))
