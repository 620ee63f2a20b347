"""What dashboards show of the programme: points by month, moves between tiers, who comes back."""
