"""News on every transport."""
