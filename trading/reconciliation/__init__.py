"""The book compared with what venues state."""
