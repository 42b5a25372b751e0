"""Orders as the simulated Alpaca reads and keeps them."""
