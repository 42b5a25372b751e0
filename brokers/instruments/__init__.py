"""Symbols, prices and trading days of US markets. Pure."""
