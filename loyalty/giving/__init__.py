"""Points for something that is no order: one member at a time, or many."""
