"""The demo shop: shipped data, and the pure code that turns it into a story."""
