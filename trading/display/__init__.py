"""Positions and facts in words, for pages."""
