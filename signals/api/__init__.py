"""Signals, and what their models have learned, for pages and scripts."""
