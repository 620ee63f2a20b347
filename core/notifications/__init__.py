"""Messages to customers: one path for all of them, whoever has something to say and however it goes out."""
