"""Models side by side, and what people say that reviews say."""
