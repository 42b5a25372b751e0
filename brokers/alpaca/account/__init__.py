"""Balances, positions, orders and executions at Alpaca, by the best transport there is."""
