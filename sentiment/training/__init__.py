"""Trains the model that the rest of the package runs. Modules that need torch, the `train` extra, say so."""
