"""News: what happened, what it is about, and when it was known."""
