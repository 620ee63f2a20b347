"""All that must not be lost, in one file, and back: `regulars backup` and `regulars restore`."""
