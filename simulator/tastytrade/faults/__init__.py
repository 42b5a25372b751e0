"""Faults of the simulated tastytrade."""
