"""The pages of links and tokens."""
