"""News as JSON."""
