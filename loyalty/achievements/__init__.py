"""Achievements: challenges and streaks that bring a badge and perhaps points."""
