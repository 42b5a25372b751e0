"""Quotes, Greeks and candles of tastytrade, over DXLink."""
