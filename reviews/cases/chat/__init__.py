"""The chat box: articles answer first where they are sure, and a person is always one click away."""
