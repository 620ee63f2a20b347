"""What more reviews complain about than before: by product, store, carrier and aspect."""
