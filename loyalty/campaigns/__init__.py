"""Campaigns: rules for a time and for some members, with a budget of points."""
