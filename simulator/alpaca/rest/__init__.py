"""The simulated Alpaca's REST API."""
