"""Positions, orders and trades as JSON."""
