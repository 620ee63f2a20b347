"""Members: customers who joined the programme."""
