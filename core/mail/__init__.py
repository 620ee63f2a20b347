"""Outgoing mail: kept in the database, and sent when a mail server is set."""
