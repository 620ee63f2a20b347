"""Review sources that have an API: one module each, all behind the Protocol of reviews.connectors.model."""
