"""Migrations of core. In every package: one Piccolo migration for each SQL file."""
