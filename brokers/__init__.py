"""Venues behind one contract. Knows no users, no database, no settings, no Django."""

VERSION = "0.1.0"
"""Of Tapedeck, as it names itself to venues. A test compares it with pyproject.toml."""
