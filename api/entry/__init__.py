"""Who comes in: customers and staff sign in, are sent by the shop, or come from their company's account."""
