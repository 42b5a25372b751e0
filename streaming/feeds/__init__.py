"""Which link feeds which symbol."""
