"""What the model reads in a review, and whether it is negative."""
