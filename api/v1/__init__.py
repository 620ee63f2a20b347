"""The JSON API for integrators' programs."""
