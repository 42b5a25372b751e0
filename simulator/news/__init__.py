"""Simulated news: stories about what trades on the simulated market, which move its prices, and feeds that carry them."""
