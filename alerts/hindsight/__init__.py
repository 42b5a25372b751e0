"""When a rule would have fired in the past, as far as a venue's candles tell."""
