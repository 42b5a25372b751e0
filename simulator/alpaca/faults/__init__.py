"""Faults of the simulated Alpaca."""
