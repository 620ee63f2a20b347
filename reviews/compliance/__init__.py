"""What the shop has to be able to show: whether good and bad reviews are treated alike."""
