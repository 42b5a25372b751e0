"""Django's engine for PostgreSQL, with an end to every wait."""
