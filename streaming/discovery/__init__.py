"""Which process owns a person; stands between hub and bus."""
