"""Cases: nobody unhappy is forgotten."""
