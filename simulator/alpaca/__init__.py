"""The simulated Alpaca: orders and what becomes of them, on the market it shares with the other venues."""
