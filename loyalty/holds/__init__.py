"""Points put by for a checkout, without a reward: they pay for the order, or return."""
