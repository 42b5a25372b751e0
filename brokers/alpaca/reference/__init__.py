"""What Alpaca answers when asked: watchlists."""
