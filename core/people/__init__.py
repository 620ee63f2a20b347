"""Who may act: customers, staff, their sessions and links, and the keys of other programs."""
