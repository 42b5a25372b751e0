"""The simulated Tradier's REST API."""
