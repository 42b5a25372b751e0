"""Balances, positions, orders and executions at tastytrade."""
