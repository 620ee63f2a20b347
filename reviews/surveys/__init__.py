"""Surveys: how content customers are after a case, how hard it was, and whether they recommend the shop."""
