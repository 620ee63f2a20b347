"""Trains the model that the rest of the package runs. Modules that need torch, the `train` extra, say so."""


class TrainingError(Exception):
    """Something about a training run cannot be used; `code` is stable, the message says what and why."""

    code = "training_error"
