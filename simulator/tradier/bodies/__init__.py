"""Bodies in the simulated Tradier's JSON."""
