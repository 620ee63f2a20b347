"""Mail from customers: found its case, taken in once, and never lost."""
