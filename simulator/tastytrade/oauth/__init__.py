"""Grants, tokens and the authorize page of the simulated tastytrade."""
