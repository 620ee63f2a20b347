"""What looks odd about a review: signals that explain themselves, for whoever moderates."""
