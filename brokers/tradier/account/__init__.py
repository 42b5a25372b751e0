"""Balances, positions, orders and executions at Tradier."""
