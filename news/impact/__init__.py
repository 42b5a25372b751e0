"""What news moved: reference prices, windows, what makes them void, and what is expected. Pure."""
