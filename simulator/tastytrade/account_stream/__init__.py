"""The simulated tastytrade's account stream."""
