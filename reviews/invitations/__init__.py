"""Ask for reviews after delivery: everybody, once an order, and nobody who does not want it."""
