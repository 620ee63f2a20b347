"""The knowledge base: articles that answer customers and staff, found by meaning and by words."""
