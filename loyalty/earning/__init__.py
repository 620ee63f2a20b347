"""From what happened to points: rules in force are evaluated, and the ledger posts what they give."""
