"""Quotes, Greeks and candles of Tradier."""
