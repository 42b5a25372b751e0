"""The simulated tastytrade's market data feed."""
