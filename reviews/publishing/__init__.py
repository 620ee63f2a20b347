"""Reviews as everybody may see them: pages, structured data, feeds."""
