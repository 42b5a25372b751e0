"""Facts: stored, numbered, announced."""
