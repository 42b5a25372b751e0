"""What the simulated venues keep in a file, and what is read back from it."""
