"""Ratings counted by product, store and shop: kept up as reviews come, change and go."""
