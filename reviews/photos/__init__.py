"""Pictures of reviews that are written here."""
