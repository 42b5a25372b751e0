"""What the market is like now: the rule and its state. Pure."""
