"""Counters and meters of the streams."""
