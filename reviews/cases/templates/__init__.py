"""Templates: answers that are written once, with the customer's name and the like filled in."""
