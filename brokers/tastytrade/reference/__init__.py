"""What tastytrade answers when asked: chains, metrics, ranks, watchlists."""
