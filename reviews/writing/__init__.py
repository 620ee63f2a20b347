"""The first-party form: a customer writes, edits and deletes a review of what was delivered."""
