"""Faults of the simulated Tradier."""
