"""Everything of the loyalty side out into files, and back without loss."""
