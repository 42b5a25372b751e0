"""What a headline is about and how it reads: tickers, kinds, sentiment, stories. Pure."""
