"""Whether complaints rise: asked once a day."""

from core.sweeps import sweep_by
from reviews.trends import telling

of_merchant = sweep_by("reviews.trends", telling.look)
