"""Bodies in the simulated tastytrade's JSON."""
