"""What dashboards show of reviews: how many stars, how soon answered, how many hidden."""
