"""Venues behind one contract. Knows no users, no database, no settings, no Django."""
