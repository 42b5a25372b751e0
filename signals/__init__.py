"""What the market of a symbol is like (features, regime), and signals that are scored before they are believed."""
