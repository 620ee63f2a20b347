"""`make bench`: how fast it is, each figure against a baseline measured in the same run."""
