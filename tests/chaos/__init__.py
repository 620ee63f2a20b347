"""A whole installation under load, its processes killed at random, its books recomputed by somebody else."""
