"""Bodies in the simulated Alpaca's JSON."""
