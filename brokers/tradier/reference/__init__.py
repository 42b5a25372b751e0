"""What Tradier answers when asked: chains, hours, watchlists."""
