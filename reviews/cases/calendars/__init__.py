"""Calendars: when somebody works, so that a target counts working time only."""
