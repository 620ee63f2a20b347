"""What is kept of a person: where it stands, how it is given out, and how it is destroyed."""
