"""News items in the database: written by the owner of their list, read by anybody."""
