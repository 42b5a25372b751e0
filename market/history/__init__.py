"""Candles of the past."""
