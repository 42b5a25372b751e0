"""Orders as the simulated tastytrade reads and checks them."""
