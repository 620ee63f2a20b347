"""Rules run over what has happened, as work with progress."""
