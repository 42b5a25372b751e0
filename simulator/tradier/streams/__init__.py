"""The simulated Tradier's market and account streams."""
