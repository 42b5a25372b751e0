"""Status and health pages."""
