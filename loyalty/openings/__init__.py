"""Opening balances: points that members bring along from an earlier programme."""
