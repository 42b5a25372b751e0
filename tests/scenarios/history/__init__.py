"""Keeping bars, by several packages together."""
