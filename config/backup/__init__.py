"""Backups of the database: what is one, and how it takes the place of the database that is there."""
