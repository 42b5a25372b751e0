"""What is rendered from a board."""
