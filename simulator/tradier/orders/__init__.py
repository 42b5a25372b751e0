"""Orders as the simulated Tradier reads and keeps them."""
