"""How the shop and its customers reach each other about a case."""
