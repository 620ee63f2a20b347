"""Expiry: points whose time has come leave the members' accounts."""
