"""What the network is trained to make small. Needs torch."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, log_softmax

from sentiment.training.config import Loss
from sentiment.training.encoder import Outputs
from sentiment.training.targets import Targets


class Losses(NamedTuple):
    """Means over the rows of a batch, unweighted: rows that say nothing of a part count as 0."""

    stars: Tensor
    ordinal: Tensor
    mentioned: Tensor
    polarity: Tensor

    def total(self, weights: Loss) -> Tensor:
        """The weighted sum."""
        return (
            self.stars
            + weights.ordinal * self.ordinal
            + weights.mentioned * self.mentioned
            + weights.polarity * self.polarity
        )


def losses(outputs: Outputs, wanted: Targets) -> Losses:
    """The parts of the loss of a batch."""
    allowed = torch.from_numpy(wanted.allowed)
    looked, mentioned = torch.from_numpy(wanted.looked), torch.from_numpy(wanted.mentioned)
    said, positive = torch.from_numpy(wanted.said), torch.from_numpy(wanted.positive)
    found, polarity = outputs.aspects.view(len(allowed), -1, 2).unbind(-1)
    of_mentions = binary_cross_entropy_with_logits(found, mentioned, looked, reduction="sum")
    of_polarity = binary_cross_entropy_with_logits(polarity, positive, said, reduction="sum")
    return Losses(
        stars=star_loss(outputs.stars, allowed).mean(),
        ordinal=ordinal_loss(outputs.stars, allowed).mean(),
        mentioned=of_mentions / len(allowed),
        polarity=of_polarity / len(allowed),
    )


def star_loss(logits: Tensor, allowed: Tensor) -> Tensor:
    """[n] negative log-likelihood of the allowed stars: 0 where all five are."""
    likely = log_softmax(logits, 1)
    return -torch.logsumexp(likely.masked_fill(~allowed, -torch.inf), 1)


def ordinal_loss(logits: Tensor, allowed: Tensor) -> Tensor:
    """[n] ranked probability score over the boundaries between stars on whose side all allowed stars are."""
    up_to = logits.softmax(1).cumsum(1)[:, :-1]
    some_below = allowed.cumsum(1)[:, :-1] > 0
    some_above = allowed.flip(1).cumsum(1).flip(1)[:, 1:] > 0
    one_sided = some_below ^ some_above
    return ((up_to - some_below.to(up_to.dtype)) ** 2 * one_sided).sum(1)
