"""Simulated news: stories about what trades on the simulated market, which move it, and feeds that carry them."""
