"""Segments: members by what they are and did, for campaigns and rewards."""
