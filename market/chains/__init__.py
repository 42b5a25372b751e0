"""Option chains: expirations, strikes, prices, Greeks."""
